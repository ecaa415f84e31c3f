/* The gate's rule: from the differences of a cell's blocks to a verdict. Pure, thread-safe.
 *
 * A difference is d = mean ln t_head - mean ln t_base of one block of ABBA or BAAB, above 0 when
 * head is slower. A fair coin chose the labels, so under "no change" every d is as likely to have
 * the other sign, and the signed-rank test is exact whatever the noise. A cell is looked at after
 * 12, 24 and 48 blocks, which spend 20, 30 and 50 % of DECISION_ALPHA; one night of DECISION_CELLS
 * cells so has at most 1 % false alarms (Bonferroni over looks and cells).
 *
 * Sources: Hollander, Wolfe, Chicken, "Nonparametric Statistical Methods", 3rd ed., 3.1-3.3 (test,
 * estimate, interval); Lan, DeMets, Biometrika 70 (1983) 659 (spending alpha over looks).
 */
#ifndef RUNNER_DECISION_H
#define RUNNER_DECISION_H

#include "runner/stats/stats.h"

#define DECISION_ALPHA     0.00125 /* false alarms of a cell, one-sided */
#define DECISION_DELTA_MIN 0.03    /* no smaller change is called a regression */

enum { DECISION_CELLS = 8, DECISION_LOOKS = 3, DECISION_BLOCKS_MAX = 48 };

struct decision_look {
    int blocks;
    double share; /* of DECISION_ALPHA */
    int critical; /* smallest W+ that tells a slowdown: P(W+ >= critical) <= share * ALPHA */
};

extern const struct decision_look decision_looks[DECISION_LOOKS];

enum decision_verdict {
    DECISION_OPEN,         /* go on: more blocks may decide */
    DECISION_REGRESSED,    /* lower limit > 0 and estimate >= delta */
    DECISION_PROVEN,       /* upper limit < delta: not slower by delta or more */
    DECISION_INCONCLUSIVE, /* neither, and nothing more to come */
};

struct decision {
    enum decision_verdict verdict;
    int look;              /* number of the last look, from 1; 0: none yet, limits are infinite */
    int blocks;            /* of that look; before the first, those that there are */
    int statistic;         /* W+: Walsh averages above 0 */
    double p;              /* exact, one-sided: P(W+ >= statistic) under "no change" */
    struct interval shift; /* Hodges-Lehmann estimate of ln(t_head / t_base) and its limits, each
                              wrong with a chance of the look's share of alpha at most */
};

/* The rule on the first `count` differences in order of measurement, up to `most` blocks: the
 * verdict of the first look that gave one, else open, or inconclusive when `most` is reached. */
struct decision decision_make(const double *differences, int count, int most, double delta);

const char *decision_verdict_name(enum decision_verdict verdict);

/* ln ratio -> share: 0.05 is 5 % slower. */
double decision_share(double log_ratio);

#endif
