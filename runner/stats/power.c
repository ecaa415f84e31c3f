#include "runner/stats/power.h"

#include "runner/base/random.h"

#include <math.h>
#include <string.h>

enum { DIFFERENCES_MIN = 6, EFFECT_STEPS = 1000 };

bool power_simulate(const double *differences, int count, int most, uint64_t seed,
                    struct power *power)
{
    struct interval centre;
    memset(power, 0, sizeof *power);
    while (power->looks < DECISION_LOOKS && decision_looks[power->looks].blocks <= most)
        power->looks++;
    if (power->looks == 0 || count < DIFFERENCES_MIN ||
        !stats_walsh_interval(differences, count, 0, &centre))
        return false;
    struct random random = random_from_seed(seed);
    for (int t = 0; t < POWER_TRIALS; t++) {
        double drawn[DECISION_BLOCKS_MAX];
        for (int i = 0; i < decision_looks[power->looks - 1].blocks; i++) {
            const double residual =
                differences[random_below(&random, (uint64_t)count)] - centre.estimate;
            drawn[i] = random_below(&random, 2) == 0 ? residual : -residual;
        }
        for (int l = 0; l < power->looks; l++) {
            const int n = decision_looks[l].blocks;
            struct interval shift;
            if (!stats_walsh_interval(drawn, n, n * (n + 1) / 2 - decision_looks[l].critical,
                                      &shift))
                return false;
            power->at[t][l].estimate = shift.estimate;
            power->at[t][l].low = shift.low;
            power->at[t][l].high = shift.high;
        }
    }
    return true;
}

double power_detection(const struct power *power, double delta, double effect)
{
    const double shift = log1p(effect), least = log1p(delta);
    int detected = 0;
    for (int t = 0; t < POWER_TRIALS; t++) {
        for (int l = 0; l < power->looks; l++) {
            if (power->at[t][l].low + shift > 0 && power->at[t][l].estimate + shift >= least) {
                detected++;
                break;
            }
            if (power->at[t][l].high + shift < least)
                break; /* Proven at this look: no later one. */
        }
    }
    return (double)detected / POWER_TRIALS;
}

double power_detectable(const struct power *power, double delta, double share)
{
    for (int step = 1; step <= EFFECT_STEPS; step++)
        if (power_detection(power, delta, step / 1000.0) >= share)
            return step / 1000.0;
    return INFINITY;
}
