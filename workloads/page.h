/* page: what a workload writes into memory that it shares with the runner, so that it can be read
 * whatever becomes of the process.
 *
 * Owns the layout and its version; workloads and runner both include it. The runner makes a memfd
 * of sizeof(struct work_page) bytes, writes magic, version and bytes, and names its descriptor in
 * HAKBENCH_KPI_FD; it reads the rest when the process has ended. In the throughput pass only the
 * head is mapped and written, a few times a process and once in some thousand operations.
 *
 * Members that several threads write are atomic, with relaxed order: each is a count or a mark of
 * its own, and whoever reads them does so when no writer is left. */
#ifndef WORKLOADS_PAGE_H
#define WORKLOADS_PAGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/histogram.h"

#define WORK_PAGE_MAGIC       UINT64_C(0x6b726f77206b6168) /* "hak work" */
#define WORK_PAGE_VERSION     1
#define WORK_PAGE_ENVIRONMENT "HAKBENCH_KPI_FD"

enum work_phase { WORK_STARTING, WORK_MEASURED, WORK_AFTER };
enum work_operation { WORK_MALLOC, WORK_FREE, WORK_CALLOC, WORK_REALLOC, WORK_OPERATIONS };

struct work_head {
    uint64_t magic;
    uint32_t version, bytes;
    _Atomic uint32_t phase;    /* enum work_phase */
    _Atomic uint64_t ops;      /* operations of the workload done so far, give or take a chunk */
    _Atomic uint64_t start_ns; /* CLOCK_MONOTONIC when the measured phase began; 0: not yet */
    _Atomic uint64_t end_ns;   /* and when it ended */
    _Atomic uint64_t minflt_start, minflt_phase; /* soft page faults before and during it */
    _Atomic uint64_t rss_end;                    /* resident bytes after everything was freed */
    /* Of the latency pass: 0 where nothing is timed. step_ticks: the least by which the counter
     * goes on, which can be many ticks: nothing is told apart that differs by less. */
    double ns_per_tick, overhead_ticks, step_ticks;
} __attribute__((aligned(4096)));

/* Of one kind of operation. Invariant, but for the operation that is under way: the sum of the
 * buckets = timed <= count. In ticks of the clock that times, its overhead subtracted. */
struct work_histogram {
    _Atomic uint64_t count, timed, max_ticks;
    _Atomic uint32_t buckets[HISTOGRAM_BUCKETS];
};

struct work_page {
    struct work_head head;
    struct work_histogram operations[WORK_OPERATIONS];
};

/* The page shared with the runner, or one of the process's own when there is none. `bytes` is how
 * much of it is needed from its beginning. Called once. Not in the runner. */
struct work_page *page_attach(size_t bytes);

#endif
