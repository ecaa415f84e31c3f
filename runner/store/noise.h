/* How far apart samples of the same thing are: the A/A comparison that every session with repeats
 * holds. Pure functions; knows no database.
 *
 * With d = |ln t_i - ln t_j| over the pairs of ok samples of a cell (pairs do not depend on where
 * the middle of few samples lies), the relative standard deviation of a sample is estimated by
 * median(d) / 0.9539 (Shamos 1976; for normal samples d has that median), which bears 29 % of
 * samples that are far off. t is time per operation, of the whole process where operations are not
 * counted.
 */
#ifndef RUNNER_NOISE_H
#define RUNNER_NOISE_H

#include "runner/base/facts.h"
#include "runner/base/json.h"
#include "runner/store/store.h"
#include "runner/subject/record.h"

#include <stdio.h>

/* Above these a session deserves a warning: shares of 1, percent, percent. */
#define NOISE_SPREAD_MAX  0.05
#define NOISE_STEAL_MAX   1.0
#define NOISE_FOREIGN_MAX 10.0

/* A row of table noise: a cell, a workload ('allocator' is ""), or all ('workload', too). */
struct noise {
    const char *workload, *allocator, *side;
    int samples;   /* that have another one of their cell to differ from */
    int64_t pairs; /* of neighbours up to NOISE_LAG_MAX apart */
    double spread, p95;
};

enum { NOISE_LAG_MAX = 100 };

/* at[0] is all, then workloads, then cells; empty when no cell has two ok samples. */
struct noises {
    struct noise *at;
    int count;
};

/* Of the throughput pass alone. */
struct noises noise_of(struct arena *arena, const struct cells *cells,
                       const struct samples *samples);

/* For a person, at most 60 columns wide; `readings`: steal.percent, foreign.percent, load.start,
 * load.end. With warnings that name a remedy, a line each. */
void noise_print(const struct noises *noises, const struct facts *readings, FILE *file);

/* spread and p95 are null when they are not known. */
json_t *noise_json(const struct noises *noises, const struct facts *readings);

#endif
