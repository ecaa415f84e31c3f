/* What a session of micro-benchmarks says: a benchmark a row, an allocator a column, medians of
 * nanoseconds per operation; for a person on stdout, or as JSON for a machine.
 */
#ifndef RUNNER_MICRO_TABLE_H
#define RUNNER_MICRO_TABLE_H

#include "runner/base/json.h"
#include "runner/stats/stats.h"
#include "runner/store/store.h"

struct micro_entry {
    int samples; /* 0: nothing was measured, and the rest says nothing */
    struct interval ns_per_op;
    double faults_per_op; /* median */
};

struct micro_row {
    const char *name;
    int threads;
    int best;                    /* index of the cell with the smallest median; -1: none */
    struct micro_entry *entries; /* by cell */
};

struct micro_table {
    const struct cells *cells;
    struct micro_row *rows; /* in the order in which they were run */
    int count;
};

struct micro_table micro_table_make(struct arena *arena, const struct cells *cells,
                                    const struct micro_results *results);

/* As many columns as the terminal has room for, then the other allocators below. */
void micro_table_print(struct arena *arena, const struct micro_table *table);

json_t *micro_table_json(const struct micro_table *table);

#endif
