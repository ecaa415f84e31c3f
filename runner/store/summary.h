/* What the samples of a session say, a cell a line: medians, intervals, ratios, counts.
 * A sample that is not ok is counted and never enters a number. Of the latency pass only troubles
 * count, in the totals: its samples say nothing of throughput.
 */
#ifndef RUNNER_SUMMARY_H
#define RUNNER_SUMMARY_H

#include "runner/stats/stats.h"
#include "runner/store/store.h"
#include "runner/subject/record.h"

enum summary_metric {
    SUMMARY_RATE, /* operations per second of the measured phase; more is better */
    SUMMARY_WALL, /* seconds of the process; less is better */
};

struct line {
    const struct cell *cell;
    int samples;
    int counts[SAMPLE_STATUSES];
    int64_t corruptions, audit_errors;
    int64_t operations; /* of every sample that lived to count them */
    int wrong_results;
    struct interval value;             /* of the metric, over the ok samples */
    double ratio;                      /* to the best peer of its workload, > 1 better; 0: none */
    double faults, peak_rss;           /* medians; of the measured phase when it is known, bytes */
    double faults_start, faults_after; /* of our workloads, before and after that phase */
    double user_s, system_s;           /* medians */
    double ns_per_op;                  /* median; 0: not known */
    const char *reason;                /* of the first sample that is not ok */
    enum sample_status troubled;       /* its status */
};

struct summary {
    struct line *lines; /* by workload in order of the cells, best first */
    int count;
    int counts[SAMPLE_STATUSES];
    int64_t corruptions, audit_errors, operations;
    int wrong_results;
};

struct summary summary_make(struct arena *arena, const struct cells *cells,
                            const struct samples *samples, enum summary_metric metric);

/* 4 after a crash, a wrong result or a corruption; 3 when other samples are not ok; else 0. */
enum exit_code summary_exit_code(const struct summary *summary);

#endif
