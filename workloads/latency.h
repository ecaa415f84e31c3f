/* latency: how long single calls of malloc, free, calloc and realloc take.
 *
 * The same sources make two programs. In the one of the throughput pass this header declares empty
 * functions and nothing else, so that nothing is timed. In the one of the latency pass (make
 * compiles with WORKLOADS_LATENCY=1 and includes this header before every source) it puts its own
 * names before the four calls, and one call in 64 is timed: not every 64th, which would keep step
 * with whatever an allocator does every 64th time, but at random distances of 64 on average, which
 * differ by thread and kind. The others pay a countdown in thread-local memory.
 *
 * A call is timed with the processor's time-stamp counter, ordered by fences on both sides. What
 * timing itself takes is measured at the start (the mean of the middle of many empty timings) and
 * subtracted from each. Only calls in the measured phase are counted. Results go to the page
 * (page.h).
 *
 * Thread-safe; a thread's countdowns are its own. */
#ifndef WORKLOADS_LATENCY_H
#define WORKLOADS_LATENCY_H

#ifndef WORKLOADS_LATENCY
#define WORKLOADS_LATENCY 0
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "workloads/page.h"

#if WORKLOADS_LATENCY

#define LATENCY_PAGE_BYTES sizeof(struct work_page)

/* Before the measured phase: measures the clock, which takes some milliseconds. */
void latency_prepare(struct work_page *page);
/* The measured phase begins, and has ended, for the calling thread. */
void latency_thread_begin(void);
void latency_thread_end(void);
/* The phase has ended for all threads: the clock is measured again, over all of it. */
void latency_finish(void);
/* This thread's next operation should have begun so many nanoseconds ago. */
void latency_set_late(uint64_t late_ns);

/* Calls of a kind until the next one that is timed: see latency.c. */
extern _Thread_local uint32_t latency_left[WORK_OPERATIONS];

void *latency_slow_malloc(size_t size);
void latency_slow_free(void *block);
void *latency_slow_calloc(size_t count, size_t size);
void *latency_slow_realloc(void *block, size_t size);

#define LATENCY_IS_DUE(operation) __builtin_expect(latency_left[operation]-- == 0, 0)

static inline __attribute__((always_inline)) void *latency_malloc(size_t size)
{
    return LATENCY_IS_DUE(WORK_MALLOC) ? latency_slow_malloc(size) : malloc(size);
}

static inline __attribute__((always_inline)) void latency_free(void *block)
{
    if (LATENCY_IS_DUE(WORK_FREE)) {
        latency_slow_free(block);
    } else {
        free(block);
    }
}

static inline __attribute__((always_inline)) void *latency_calloc(size_t count, size_t size)
{
    return LATENCY_IS_DUE(WORK_CALLOC) ? latency_slow_calloc(count, size) : calloc(count, size);
}

static inline __attribute__((always_inline)) void *latency_realloc(void *block, size_t size)
{
    return LATENCY_IS_DUE(WORK_REALLOC) ? latency_slow_realloc(block, size) : realloc(block, size);
}

/* Like functions, so that a call is meant and nothing else; latency.c says (malloc)(size). */
#define malloc(size)         latency_malloc(size)
#define free(block)          latency_free(block)
#define calloc(count, size)  latency_calloc(count, size)
#define realloc(block, size) latency_realloc(block, size)

#else

#define LATENCY_PAGE_BYTES sizeof(struct work_head)

static inline void latency_prepare(struct work_page *page)
{
    (void)page;
}
static inline void latency_thread_begin(void)
{
}
static inline void latency_thread_end(void)
{
}
static inline void latency_finish(void)
{
}
static inline void latency_set_late(uint64_t late_ns)
{
    (void)late_ns;
}

#endif

#endif
