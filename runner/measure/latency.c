#include "runner/measure/latency.h"

#include <math.h>
#include <stdio.h>

static uint32_t bucket_count(const struct work_histogram *histogram, uint32_t bucket)
{
    return atomic_load_explicit(&histogram->buckets[bucket], memory_order_relaxed);
}

/* Not what the process says that it timed: it may have ended between two of its additions. */
static uint64_t count_timed(const struct work_histogram *histogram)
{
    uint64_t timed = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        timed += bucket_count(histogram, i);
    return timed;
}

uint64_t latency_quantile(const struct work_histogram *histogram, double quantile)
{
    const uint64_t timed = count_timed(histogram);
    const uint64_t rank = (uint64_t)ceil(quantile * (double)timed);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS && timed > 0; i++) {
        seen += bucket_count(histogram, i);
        if (seen >= rank && seen > 0)
            return histogram_upper(i);
    }
    return 0;
}

/* [[upper_ns,count],...]: a bucket takes at most 32 characters. */
static const char *buckets_text(struct arena *arena, const struct work_histogram *histogram,
                                double ns_per_tick)
{
    size_t used = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        used += bucket_count(histogram, i) > 0;
    const size_t room = 48 * used + 3;
    char *text = arena_alloc(arena, room);
    size_t at = (size_t)snprintf(text, room, "[");
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (bucket_count(histogram, i) > 0)
            at += (size_t)snprintf(text + at, room - at, "%s[%.2f,%u]", at > 1 ? "," : "",
                                   (double)histogram_upper(i) * ns_per_tick,
                                   bucket_count(histogram, i));
    snprintf(text + at, room - at, "]");
    return text;
}

/* The largest number of a bucket may be beyond the largest that was seen. */
static double quantile_ns(const struct work_histogram *histogram, double quantile, double speed)
{
    const uint64_t max = atomic_load_explicit(&histogram->max_ticks, memory_order_relaxed);
    const uint64_t ticks = latency_quantile(histogram, quantile);
    return (double)(ticks < max ? ticks : max) * speed;
}

int latency_read(struct arena *arena, const struct work_page *page,
                 struct latency rows[WORK_OPERATIONS])
{
    static const char *const names[WORK_OPERATIONS] = {"malloc", "free", "calloc", "realloc"};
    const double speed = page->head.ns_per_tick;
    int count = 0;
    for (int i = 0; i < WORK_OPERATIONS && speed > 0; i++) {
        const struct work_histogram *histogram = &page->operations[i];
        const uint64_t timed = count_timed(histogram);
        if (timed == 0)
            continue;
        rows[count] = (struct latency){
            .operation = names[i],
            .count = (int64_t)atomic_load_explicit(&histogram->count, memory_order_relaxed),
            .timed = (int64_t)timed,
            .overhead_ns = page->head.overhead_ticks * speed,
            .p50_ns = quantile_ns(histogram, 0.5, speed),
            .p90_ns = quantile_ns(histogram, 0.9, speed),
            .p99_ns = quantile_ns(histogram, 0.99, speed),
            .p999_ns = quantile_ns(histogram, 0.999, speed),
            .max_ns =
                (double)atomic_load_explicit(&histogram->max_ticks, memory_order_relaxed) * speed,
            .buckets = buckets_text(arena, histogram, speed),
        };
        count++;
    }
    return count;
}
