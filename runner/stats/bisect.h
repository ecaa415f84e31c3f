/* Which commit to try next between a good and a bad one, when trials may end without a verdict and
 * commits may not build. Pure.
 */
#ifndef RUNNER_BISECT_H
#define RUNNER_BISECT_H

#include <stdbool.h>

enum bisect_state {
    BISECT_UNKNOWN,
    BISECT_GOOD,
    BISECT_BAD,
    BISECT_SKIPPED, /* does not build */
    BISECT_UNSURE,  /* was tried, and neither verdict came */
};

/* Index 0 is good and count - 1 is bad; what comes before a good one counts as good, what comes
 * after a bad one as bad. */
struct bisect {
    enum bisect_state *states;
    int count;
};

/* The guilty commit lies after `good`, the last good one, and is `bad`, the first bad one, at the
 * latest. */
void bisect_ends(const struct bisect *bisect, int *good, int *bad);

/* The untried commit next to the middle of the ends; -1: none is left. */
int bisect_next(const struct bisect *bisect);

/* Nothing lies between the ends: the first bad commit is the guilty one. */
bool bisect_is_found(const struct bisect *bisect);

#endif
