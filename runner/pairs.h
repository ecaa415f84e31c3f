/* A paired comparison out of stored samples: one difference a block, the Hodges-Lehmann estimate
 * with its exact signed-rank interval. Pure; knows no database.
 */
#ifndef RUNNER_PAIRS_H
#define RUNNER_PAIRS_H

#include "runner/record.h"
#include "runner/stats.h"
#include "runner/store.h"

struct pairs_result {
    struct interval ratio; /* B's time / A's time: above 1, A is faster */
    int blocks;
};

/* d = mean ln t_B - mean ln t_A of every block, t = elapsed_ns / ops. `a` is the index of the cell
 * of side A, a + 1 of side B; `blocks` blocks of `plan`. False when a block lacks a sample. */
bool pairs_differences(struct arena *arena, const struct plan *plan, const struct samples *samples,
                       int a, int blocks, double *differences);

/* False when there are too few blocks for an interval of 95 % (stats.h). */
bool pairs_compare(const double *differences, int blocks, struct pairs_result *result);

#endif
