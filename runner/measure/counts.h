/* Counts that do not depend on the machine's mood, of one process: instructions by callgrind, soft
 * page faults by the kernel's accounts, system calls and bytes mapped by strace. And the rule that
 * tells a change from what repeated runs of one side vary.
 */
#ifndef RUNNER_COUNTS_H
#define RUNNER_COUNTS_H

#include "runner/measure/measure.h"

enum count_metric {
    COUNT_INSTRUCTIONS, /* of the whole process, dynamic linker included */
    COUNT_FAULTS_START, /* before the measured phase */
    COUNT_FAULTS,       /* in it */
    COUNT_SYSCALLS,     /* of the whole process, failed ones too */
    COUNT_MAPPED,       /* bytes made writable by mmap, mprotect and mremap, given back or not */
    COUNT_METRICS
};

enum { COUNT_RUNS = 3, COUNT_RUNS_MAX = 2 * COUNT_RUNS };

struct counts {
    int64_t values[COUNT_METRICS][COUNT_RUNS_MAX];
    int runs;
};

enum count_verdict { COUNT_SAME, COUNT_MORE, COUNT_LESS };

struct count_result {
    double base, head; /* medians */
    double spread;     /* the larger range of a side's runs, or what was seen before */
    double bound;      /* |head - base| above it is a change */
    enum count_verdict verdict;
};

const char *count_metric_name(enum count_metric metric);
const char *count_verdict_name(enum count_verdict verdict);

/* Callgrind and strace are there and may be used, or the problem says what to do. */
int counts_check_tools(struct arena *arena, struct problem *problem);

/* One run more of all metrics: three processes. The identity is proved in each of ours. `folder`
 * takes a scratch file. */
enum measure_outcome counts_add(struct arena *arena, const struct cell *cell,
                                const struct measure_settings *settings, const char *folder,
                                struct counts *counts, struct sample *sample,
                                struct problem *problem);

/* Bound: max(.5 % of base, 4 pages or calls), and at least twice the spread. `known_spread`: from
 * stored A/A gates. Pure. */
struct count_result counts_judge(const struct counts *base, const struct counts *head,
                                 enum count_metric metric, double known_spread);

/* System calls and bytes made writable of a log of `strace -f`. Pure. */
void counts_read_calls(const char *log, int64_t *calls, int64_t *mapped);

#endif
