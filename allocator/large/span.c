#include "allocator/large/span.h"

#include "allocator/base/bitmap.h"
#include "allocator/base/os.h"
#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/space/window.h"

#define RANK_SPAN 196
#define GRANULES  ((uint32_t)(HAK_WINDOW / 2 / HAK_SLAB))
#define COMMIT    (8u << 20)      /* bytes made usable at once */
#define TABLE_MIN (16 * HAK_PAGE) /* of the table, made usable at once */

/* Of a granule: where a block begins, its pages; where a freed run began, when it was freed. */
struct granule {
    uint32_t pages;
    uint32_t freed_at; /* coarse clock in ticks; 0: not freed since its last purge */
};
#define TICK_SHIFT 24 /* 2^24 ns = 17 ms */

static uintptr_t base;           /* 0: no spans */
static struct granule *granules; /* stands where the first of the granules that it is about would */
static uint32_t limit;           /* granules that blocks may take, and those of the table */

/* Of granules in [0, high); under the lock. */
static uint64_t free_map[GRANULES / 64], clean_map[GRANULES / 64];
static struct {
    struct os_lock lock;
    uint32_t high;   /* granules that have been made usable are in [0, high) */
    size_t table;    /* bytes of the table that have been */
    uint64_t mapped; /* bytes of granules that have been */
    uint64_t used_bytes;
} spans = {.lock.rank = RANK_SPAN};

void span_init(void)
{
    struct window window = window_get();
    limit = (uint32_t)((window.end - window.middle) / HAK_SLAB);
    granules = window_skip(WINDOW_SPANS, limit * sizeof *granules);
    base = granules ? window.middle : 0;
}

static void *address_of(uint32_t granule)
{
    return (void *)(base + (size_t)granule * HAK_SLAB);
}

static uint32_t granules_of(size_t size)
{
    return (uint32_t)((size + HAK_SLAB - 1) >> HAK_SLAB_SHIFT);
}

static uint32_t pages_of(size_t size)
{
    return (uint32_t)((size + HAK_PAGE - 1) >> HAK_PAGE_SHIFT);
}

static uint32_t granules_of_pages(uint32_t pages)
{
    return granules_of((size_t)pages << HAK_PAGE_SHIFT);
}

/* Makes the table usable for granules below `high`. */
static bool extend_table(uint32_t high)
{
    size_t needed = (high * sizeof *granules + TABLE_MIN - 1) & ~(TABLE_MIN - 1);
    if (needed > spans.table) {
        if (os_map_fixed((char *)granules + spans.table, needed - spans.table) != OS_MAPPED)
            return false;
        spans.table = needed;
    }
    return true;
}

/* Makes room at the upper end for a run of `count`. On false, `*cause` says why not. */
static bool extend(uint32_t count, enum ace_cause *cause)
{
    uint32_t more = (count + 63) & ~63u; /* whole words of the bitmaps */
    uint32_t most = more > COMMIT / HAK_SLAB ? more : (uint32_t)(COMMIT / HAK_SLAB);
    *cause = spans.high + more > limit ? ACE_EXHAUSTION : ACE_MAP_FAIL;
    char *start = window_grow(WINDOW_SPANS, most * HAK_SLAB);
    if (!start && most > more) {
        most = more;
        start = window_grow(WINDOW_SPANS, most * HAK_SLAB);
    }
    if (!start)
        return false;
    /* What lies between was skipped, and is never free. */
    uint32_t first = (uint32_t)(((uintptr_t)start - base) >> HAK_SLAB_SHIFT);
    if (!extend_table(first + most)) {
        os_unmap(start, most * HAK_SLAB);
        return false;
    }
    bitmap_set(free_map, first, most, true);
    bitmap_set(clean_map, first, most, true);
    __atomic_store_n(&spans.high, first + most, __ATOMIC_RELAXED);
    spans.mapped += most * HAK_SLAB;
    return true;
}

/* Marks granules as taken; says whether all were clean. */
static bool take(uint32_t first, uint32_t count)
{
    bool clean = bitmap_all(clean_map, spans.high, first, count);
    bitmap_set(free_map, first, count, false);
    bitmap_set(clean_map, first, count, false);
    return clean;
}

static void give(uint32_t first, uint32_t count, uint64_t now)
{
    uint32_t tick = (uint32_t)(now >> TICK_SHIFT);
    for (uint32_t i = first; i < first + count; i++)
        granules[i] = (struct granule){.freed_at = tick};
    bitmap_set(free_map, first, count, true);
}

/* Under the lock, before it is released. */
static void tell_bytes(void)
{
    kpi_set(HAK_KPI_SPAN_BYTES_USED, spans.used_bytes);
    kpi_set(HAK_KPI_SPAN_BYTES_MAPPED, spans.mapped);
}

static HAK_SLOW void tell_failure(enum ace_cause cause, size_t size, size_t alignment)
{
    if (cause != ACE_THRESHOLD)
        kpi_add(HAK_KPI_SPAN_FAILURES, 1);
    if (!ace_trace_is_on())
        return;
    lock_acquire(&spans.lock);
    uint64_t used = spans.used_bytes, mapped = spans.mapped;
    lock_release(&spans.lock);
    ace_trace_write(&(struct ace_failure){.cause = cause,
                                          .tier = ACE_TIER_SPAN,
                                          .class = -1,
                                          .size = size,
                                          .alignment = alignment,
                                          .used = used,
                                          .mapped = mapped});
}

void *span_alloc(size_t size, bool *zeroed)
{
    if (!base) {
        tell_failure(ACE_EXHAUSTION, size, 0);
        return NULL;
    }
    enum ace_cause cause = ACE_EXHAUSTION;
    uint32_t count = granules_of(size);
    lock_acquire(&spans.lock);
    uint32_t first = bitmap_find_run(free_map, spans.high, count, 1);
    if (first >= spans.high && extend(count, &cause))
        first = bitmap_find_run(free_map, spans.high, count, 1);
    bool found = first < spans.high;
    if (found) {
        *zeroed = take(first, count);
        granules[first] = (struct granule){.pages = pages_of(size)};
        spans.used_bytes += (size_t)pages_of(size) << HAK_PAGE_SHIFT;
        kpi_count_locked(HAK_KPI_SPAN_HITS);
    }
    tell_bytes();
    lock_release(&spans.lock);
    if (!found)
        tell_failure(cause, size, 0);
    return found ? address_of(first) : NULL;
}

void span_decline(size_t size, size_t alignment)
{
    tell_failure(ACE_THRESHOLD, size, alignment);
}

/* Read without the lock: nobody else changes the entry of a block that its owner asks about. */
size_t span_usable(const void *p)
{
    uintptr_t offset = (uintptr_t)p - base;
    if (!base || offset >= (size_t)limit * HAK_SLAB || offset & (HAK_SLAB - 1) ||
        offset >> HAK_SLAB_SHIFT >= __atomic_load_n(&spans.high, __ATOMIC_RELAXED))
        return 0;
    return (size_t)granules[offset >> HAK_SLAB_SHIFT].pages << HAK_PAGE_SHIFT;
}

static uint32_t granule_of(const void *p)
{
    return (uint32_t)(((uintptr_t)p - base) >> HAK_SLAB_SHIFT);
}

void span_free(void *p, uint64_t now)
{
    uint32_t first = granule_of(p);
    lock_acquire(&spans.lock);
    uint32_t pages = granules[first].pages;
    spans.used_bytes -= (uint64_t)pages << HAK_PAGE_SHIFT;
    give(first, granules_of_pages(pages), now);
    tell_bytes();
    lock_release(&spans.lock);
}

bool span_resize(void *p, size_t size)
{
    if (size > HAK_SPAN_MAX)
        return false;
    uint32_t first = granule_of(p), count = granules_of(size);
    lock_acquire(&spans.lock);
    uint32_t old_pages = granules[first].pages;
    uint32_t old = granules_of_pages(old_pages);
    bool done = true;
    if (count < old) {
        give(first + count, old - count, os_clock_coarse_ns());
    } else if (count > old) {
        done = bitmap_all(free_map, spans.high, first + old, count - old);
        if (done)
            take(first + old, count - old);
    }
    if (done) {
        granules[first].pages = pages_of(size);
        spans.used_bytes += (uint64_t)pages_of(size) << HAK_PAGE_SHIFT;
        spans.used_bytes -= (uint64_t)old_pages << HAK_PAGE_SHIFT;
        tell_bytes();
    }
    lock_release(&spans.lock);
    return done;
}

/* How many of the granules from `first` on were freed by `before`, at most `count`. */
static uint32_t due(uint32_t first, uint32_t count, uint64_t before)
{
    uint32_t n = 0;
    while (n < count && granules[first + n].freed_at <= before >> TICK_SHIFT)
        n++;
    return n;
}

uint64_t span_purge(uint64_t before)
{
    uint64_t bytes = 0;
    uint32_t at = 0, count;
    lock_acquire(&spans.lock);
    while ((count = bitmap_next_difference(free_map, clean_map, spans.high, &at))) {
        uint32_t n = due(at, count, before);
        if (n == 0) {
            at++;
            continue;
        }
        /* Taken meanwhile, so that the lock need not be held while the system works. */
        bitmap_set(free_map, at, n, false);
        lock_release(&spans.lock);
        bool purged = os_purge(address_of(at), n * HAK_SLAB);
        lock_acquire(&spans.lock);
        bitmap_set(free_map, at, n, true);
        bitmap_set(clean_map, at, n, purged);
        bytes += purged ? n * HAK_SLAB : 0;
        at += n;
    }
    lock_release(&spans.lock);
    return bytes;
}

uint64_t span_used_bytes(void)
{
    lock_acquire(&spans.lock);
    uint64_t bytes = spans.used_bytes;
    lock_release(&spans.lock);
    return bytes;
}

void span_fork(lock_step *step)
{
    step(&spans.lock);
}
