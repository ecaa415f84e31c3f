/* A paired comparison out of stored samples: one difference a block, the Hodges-Lehmann estimate
 * with its exact signed-rank interval. Pure; knows no database.
 */
#ifndef RUNNER_PAIRS_H
#define RUNNER_PAIRS_H

#include "runner/stats/stats.h"
#include "runner/store/store.h"
#include "runner/subject/record.h"

struct pairs_result {
    struct interval ratio; /* B's time / A's time: above 1, A is faster */
    int blocks;
};

/* The logarithm of what is compared, of a sample that is ok. */
typedef double pairs_log(const struct sample *sample);
double pairs_log_time(const struct sample *sample); /* of elapsed_ns / ops */

/* d = mean log of B - mean log of A of every block. `a` is the index of the cell of side A, a + 1
 * of side B; `blocks` blocks of `plan`. False when a block lacks a sample. */
bool pairs_differences_of(struct arena *arena, const struct plan *plan,
                          const struct samples *samples, int a, int blocks, pairs_log *log_of,
                          double *differences);

/* The same of times. */
bool pairs_differences(struct arena *arena, const struct plan *plan, const struct samples *samples,
                       int a, int blocks, double *differences);

/* False when there are too few blocks for an interval of 95 % (stats.h). */
bool pairs_compare(const double *differences, int blocks, struct pairs_result *result);

#endif
