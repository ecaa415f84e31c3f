#include "runner/stats/bisect.h"

#include <stdlib.h>

void bisect_ends(const struct bisect *bisect, int *good, int *bad)
{
    *good = 0;
    *bad = bisect->count - 1;
    for (int i = 0; i < *bad; i++)
        if (bisect->states[i] == BISECT_BAD)
            *bad = i;
    for (int i = 0; i < *bad; i++)
        if (bisect->states[i] == BISECT_GOOD)
            *good = i;
}

int bisect_next(const struct bisect *bisect)
{
    int good, bad, next = -1;
    bisect_ends(bisect, &good, &bad);
    /* Twice the distance from the middle, so that it is a whole number. */
    for (int i = good + 1; i < bad; i++)
        if (bisect->states[i] == BISECT_UNKNOWN &&
            (next < 0 || abs(2 * i - good - bad) < abs(2 * next - good - bad)))
            next = i;
    return next;
}

bool bisect_is_found(const struct bisect *bisect)
{
    int good, bad;
    bisect_ends(bisect, &good, &bad);
    return bad == good + 1;
}
