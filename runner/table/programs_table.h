/* What `hakbench programs` found, for a person and for a machine. */
#ifndef RUNNER_PROGRAMS_TABLE_H
#define RUNNER_PROGRAMS_TABLE_H

#include "runner/stats/stats.h"
#include "runner/store/store_program.h"
#include "runner/subject/record.h"

struct programs_line {
    const struct cell *cell;
    const struct program_row *row;
    const double *rounds;              /* the median of each round, seconds */
    struct interval seconds;           /* the median of the rounds' medians */
    double ratio;                      /* to the best peer, above 1: less time; 0: not known */
    double peak_rss, faults;           /* medians of the samples */
    double faults_start, faults_phase; /* of a workload of ours, else RECORD_NONE */
    int ok, samples;
    const char *reason; /* of the first sample or round that is not ok */
};

struct programs_table {
    struct programs_line *lines; /* by program, the fastest first */
    int count;
    enum exit_code exit_code;
};

/* The median of the times in a result from that index on; seconds. */
double programs_round_median(struct arena *arena, const json_t *result, int from);

/* `rows` and `rounds` are by cell; rounds[i] holds rows[i].sum.rounds medians. */
struct programs_table programs_table_make(struct arena *arena, const struct cells *cells,
                                          const struct samples *samples,
                                          const struct program_row *rows, double **rounds);

void programs_table_print(struct arena *arena, const struct programs_table *table);
json_t *programs_table_json(const struct programs_table *table);

/* The price and the gain of prewarm: hakmem with and without it on what does little but start. An
 * empty array when it was not measured. */
json_t *programs_prewarm_json(const struct programs_table *table);

#endif
