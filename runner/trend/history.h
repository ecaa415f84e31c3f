/* The history of an allocator by commits, and the shifts in it that a person has accepted: rows of
 * the tables of these names. Functions return 0, or -1 with the problem.
 */
#ifndef RUNNER_HISTORY_H
#define RUNNER_HISTORY_H

#include "runner/stats/stats.h"
#include "runner/store/store.h"
#include "runner/subject/lineage.h"

enum history_metric {
    HISTORY_TIME,         /* ns per operation */
    HISTORY_FAULTS,       /* soft page faults of the measured phase */
    HISTORY_RSS,          /* peak, bytes */
    HISTORY_P999,         /* ns, of a malloc */
    HISTORY_INSTRUCTIONS, /* of the process */
    HISTORY_BUILD,        /* the commit does not build */
    HISTORY_METRICS
};

/* `reason` set: there is no value. */
struct history_row {
    const char *anchor; /* hash of a commit, or an allocator */
    const char *workload;
    enum history_metric metric;
    const struct commit *commit;
    struct interval value;       /* ln(candidate / anchor) */
    double candidate, reference; /* medians */
    const double *blocks;        /* the logarithm of each */
    int n;
    const char *reason;
    int64_t session_id; /* 0: none */
};

const char *history_metric_name(enum history_metric metric);

/* In one transaction; what stood there of the same commit, workload and metric gives way. */
int history_put(struct store *store, const struct history_row *rows, int count,
                struct problem *problem);

/* Whether the commit has the time of that workload, or is known not to build. */
int history_has(struct store *store, const char *anchor, const char *workload,
                const struct commit *commit, bool *has, struct problem *problem);

/* The anchor of the newest row; NULL: there is no row yet. */
int history_anchor(struct store *store, struct arena *arena, const char **anchor,
                   struct problem *problem);

/* `workload` NULL: every one. An earlier reason gives way. */
int accepted_put(struct store *store, const char *commit, const char *workload, const char *why,
                 struct problem *problem);

#endif
