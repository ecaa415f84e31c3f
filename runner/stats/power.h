/* What the gate could have seen: the chance that its rule calls a slowdown of a given size, by
 * simulation from the differences of real blocks. Pure but for its seed.
 *
 * The differences are centred, and every simulated block is one of them at random with a random
 * sign: the noise of this cell on this machine, without its shift. Adding a constant to all
 * differences moves estimate and limits by that constant, so the looks are simulated once and serve
 * every effect.
 */
#ifndef RUNNER_POWER_H
#define RUNNER_POWER_H

#include "runner/stats/decision.h"

#include <stdint.h>

enum { POWER_TRIALS = 400 };

struct power {
    int looks; /* of DECISION_LOOKS that fit into the blocks */
    struct {
        double estimate, low, high;
    } at[POWER_TRIALS][DECISION_LOOKS];
};

/* False when there are fewer than 6 differences, or `most` blocks are fewer than the first look
 * takes. `most`: blocks that a gate may measure. */
bool power_simulate(const double *differences, int count, int most, uint64_t seed,
                    struct power *power);

/* Share of the simulated gates that call head regressed when it is slower by `effect` (0.05: 5 %).
 */
double power_detection(const struct power *power, double delta, double effect);

/* The smallest effect, in steps of 0.1 %, that at least `share` of the gates call regressed;
 * INFINITY when even a doubling of time is missed. */
double power_detectable(const struct power *power, double delta, double share);

#endif
