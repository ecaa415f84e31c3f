#include "workloads/latency.h"

#if WORKLOADS_LATENCY

#include <stdbool.h>
#include <string.h>
#if defined __x86_64__
#include <x86intrin.h>
#endif

#include "workloads/clock.h"
#include "workloads/rng.h"

#define CALIBRATE_NS UINT64_C(5000000)
#define REHEARSALS   4000 /* empty timings, of which the middle four fifths count */

/* Calls between two that are timed are drawn from 1 to 127: 64 on average. */
#define DISTANCES 127

/* A thread draws the distance to the call that is timed next, and counts it as soon as that call
 * comes; `left` of `drawn` calls are still to come until then. 0 drawn: none yet. */
_Thread_local uint32_t latency_left[WORK_OPERATIONS];
static _Thread_local uint32_t drawn[WORK_OPERATIONS];
static _Thread_local struct rng distances;
static _Thread_local uint64_t late_ticks;

static struct work_page *page;
static _Atomic uint64_t threads;
static uint64_t overhead_ticks;

/* The clock at two points is its speed between them. */
struct instant {
    uint64_t ns, ticks;
};
static struct instant phase_began;

/* Everything before is done when the counter is read, nothing after has begun. */
static inline __attribute__((always_inline)) uint64_t ticks_begin(void)
{
#if defined __x86_64__
    _mm_lfence();
    uint64_t ticks = __rdtsc();
    _mm_lfence();
    return ticks;
#else
    return clock_now_ns();
#endif
}

static inline __attribute__((always_inline)) uint64_t ticks_end(void)
{
#if defined __x86_64__
    unsigned processor;
    uint64_t ticks = __rdtscp(&processor);
    _mm_lfence();
    return ticks;
#else
    return clock_now_ns();
#endif
}

/* Both clocks at once: of several tries, the one that an interruption has stretched least. */
static struct instant read_instant(void)
{
    struct instant best = {0};
    uint64_t shortest = UINT64_MAX;
    for (int i = 0; i < 16; i++) {
        uint64_t before = ticks_begin();
        uint64_t ns = clock_now_ns();
        uint64_t after = ticks_end();
        if (after - before < shortest) {
            shortest = after - before;
            best = (struct instant){.ns = ns, .ticks = before + shortest / 2};
        }
    }
    return best;
}

static double measure_speed(struct instant from, struct instant to)
{
    return (double)(to.ns - from.ns) / (double)(to.ticks - from.ticks);
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Not the median: where the counter goes on in steps, that is a whole number of them, while what
 * timing takes is not. */
static void measure_overhead(struct work_head *head)
{
    static uint32_t took[REHEARSALS];
    double sum = 0, step = 0;
    for (int i = 0; i < REHEARSALS; i++) {
        uint64_t start = ticks_begin();
        took[i] = (uint32_t)(ticks_end() - start);
    }
    qsort(took, REHEARSALS, sizeof *took, compare);
    for (int i = REHEARSALS / 10; i < REHEARSALS - REHEARSALS / 10; i++) {
        sum += took[i];
    }
    for (int i = 1; i < REHEARSALS; i++) {
        uint32_t more = took[i] - took[i - 1];
        step = more > 0 && (step == 0 || more < step) ? more : step;
    }
    head->overhead_ticks = sum / (REHEARSALS - 2 * (REHEARSALS / 10));
    head->step_ticks = step;
    overhead_ticks = (uint64_t)(head->overhead_ticks + 0.5);
}

void latency_prepare(struct work_page *shared)
{
    struct instant start = read_instant(), now;
    page = shared;
    measure_overhead(&page->head);
    do {
        now = read_instant();
    } while (now.ns - start.ns < CALIBRATE_NS);
    page->head.ns_per_tick = measure_speed(start, now);
    phase_began = now;
}

void latency_finish(void)
{
    page->head.ns_per_tick = measure_speed(phase_began, read_instant());
}

void latency_set_late(uint64_t late_ns)
{
    late_ticks = (uint64_t)((double)late_ns / page->head.ns_per_tick);
}

static void add(_Atomic uint64_t *number, uint64_t more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

void latency_thread_begin(void)
{
    memset(drawn, 0, sizeof drawn);
    memset(latency_left, 0, sizeof latency_left);
}

void latency_thread_end(void)
{
    for (int i = 0; i < WORK_OPERATIONS; i++) {
        if (drawn[i] > 0) {
            add(&page->operations[i].count, drawn[i] - 1 - latency_left[i]);
        }
    }
    latency_thread_begin();
}

static uint32_t draw_distance(void)
{
    if (distances.state == 0) {
        distances = rng_start(1, atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed));
    }
    return 1 + rng_scale((uint32_t)rng_next(&distances), DISTANCES);
}

/* Whether this call, which the countdown has let through, is timed. A thread's first call is let
 * through to draw its first distance, of which it is the first call: it is not timed itself, for a
 * thread's first calls are not like others. */
static bool is_timed(enum work_operation operation)
{
    if (!page || atomic_load_explicit(&page->head.phase, memory_order_relaxed) != WORK_MEASURED) {
        latency_left[operation] = drawn[operation] = 0;
        return false;
    }
    bool is_first = drawn[operation] == 0;
    if (!is_first) {
        add(&page->operations[operation].count, drawn[operation]);
    }
    drawn[operation] = draw_distance() + is_first;
    latency_left[operation] = drawn[operation] - 1 - is_first;
    return !is_first;
}

static void record(enum work_operation operation, uint64_t start, uint64_t end)
{
    struct work_histogram *histogram = &page->operations[operation];
    uint64_t took = end > start + overhead_ticks ? end - start - overhead_ticks : 0;
    took += late_ticks;
    uint64_t max = atomic_load_explicit(&histogram->max_ticks, memory_order_relaxed);
    while (took > max &&
           !atomic_compare_exchange_weak_explicit(&histogram->max_ticks, &max, took,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    add(&histogram->timed, 1);
    atomic_fetch_add_explicit(&histogram->buckets[histogram_bucket(took)], 1, memory_order_relaxed);
}

void *latency_slow_malloc(size_t size)
{
    if (!is_timed(WORK_MALLOC)) {
        return (malloc)(size);
    }
    uint64_t start = ticks_begin();
    void *block = (malloc)(size);
    record(WORK_MALLOC, start, ticks_end());
    return block;
}

void latency_slow_free(void *block)
{
    if (!is_timed(WORK_FREE)) {
        (free)(block);
        return;
    }
    uint64_t start = ticks_begin();
    (free)(block);
    record(WORK_FREE, start, ticks_end());
}

void *latency_slow_calloc(size_t count, size_t size)
{
    if (!is_timed(WORK_CALLOC)) {
        return (calloc)(count, size);
    }
    uint64_t start = ticks_begin();
    void *block = (calloc)(count, size);
    record(WORK_CALLOC, start, ticks_end());
    return block;
}

void *latency_slow_realloc(void *block, size_t size)
{
    if (!is_timed(WORK_REALLOC)) {
        return (realloc)(block, size);
    }
    uint64_t start = ticks_begin();
    void *resized = (realloc)(block, size);
    record(WORK_REALLOC, start, ticks_end());
    return resized;
}

#endif
