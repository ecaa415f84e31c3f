/* What stored gates prove of the gate itself: false alarms of its A/A cells, detected plants, the
 * noise of each cell. Only gates of this kind of machine (cpu.model) and of the same size of rows
 * count: results are never compared across machines.
 */
#ifndef RUNNER_LEDGER_H
#define RUNNER_LEDGER_H

#include "runner/store/store.h"

/* A line of the ledger: A/A cells (plant NULL) or cells with a plant, of one workload. */
struct ledger_line {
    const char *plant, *workload; /* workload "counts": all that a gate has counted */
    int cells;                    /* decided */
    int regressed;                /* or crashed: false alarms without a plant, else detections */
};

struct ledger {
    struct ledger_line *at;
    int count;
    int null_cells, null_alarms;    /* A/A cells that were timed */
    int null_counts, counts_alarms; /* A/A gates that counted */
    int null_gates, alarmed_gates;
};

int ledger_read(struct store *store, struct arena *arena, const char *size, struct ledger *ledger,
                struct problem *problem);

/* max(3 %, 95th percentile of |estimate| over stored A/A cells). */
int ledger_delta(struct store *store, struct arena *arena, const char *workload, const char *size,
                 double *delta, struct problem *problem);

/* The differences of all valid A/A blocks of a cell, in the order of measurement, and the mean
 * seconds that a block took. */
struct ledger_blocks {
    double *differences;
    int count;
    double seconds;
};

int ledger_load_blocks(struct store *store, struct arena *arena, const char *workload,
                       const char *size, struct ledger_blocks *blocks, struct problem *problem);

/* The largest chance of an event that `events` in `runs` leave possible at 95 %: Clopper-Pearson,
 * one-sided; 1 - .05^(1/runs) without events. 1 when there are no runs. */
double ledger_bound(int events, int runs);

#endif
