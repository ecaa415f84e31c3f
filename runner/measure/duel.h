/* Two allocators on some rows in paired blocks: a session of its own, from its plan to its samples.
 * What it says is for the caller: a commit against its anchor, a suspect against a good one.
 */
#ifndef RUNNER_DUEL_H
#define RUNNER_DUEL_H

#include "runner/measure/campaign.h"

struct duel {
    const char *mode; /* of the session, which is of kind compare */
    struct allocator sides[2];
    struct strings rows;
    enum catalog_mode row_mode; /* whose arguments */
    int blocks;                 /* of ABBA or BAAB, throughput pass */
    int timed_blocks;           /* then, of a sample of each side, latency pass; 0: no such pass */
    uint64_t seed;
    struct facts facts; /* of the session, besides those of host and builds */

    /* Set by duel_run. Cells 2i and 2i + 1 are the sides of row i; those of the latency pass stand
     * behind them in the same order. */
    struct session session;
    struct cells cells;
    struct plan plan;
    struct samples samples;
    struct latency_results latencies;
};

/* `open`: a campaign that was opened: its lock, its store, its cores and its settings. What is not
 * ok is a sample like others: the caller looks. -1 in the database or the system is
 * CAMPAIGN_STOPPED with the problem. */
enum campaign_end duel_run(const struct bench *bench, const struct campaign *open,
                           struct duel *duel, struct problem *problem);

/* Why row i has no result: what the first sample of `side` that is not ok says, in whatever pass;
 * NULL: all are. */
const char *duel_trouble(struct arena *arena, const struct duel *duel, int row, int side);

/* p99.9 of malloc in row i under `side`, of each timed block in order. False when one lacks it. */
bool duel_p999(const struct duel *duel, int row, int side, double *values);

#endif
