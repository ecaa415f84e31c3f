#include "allocator/large/span.h"

#include <stdatomic.h>

#include "allocator/base/os.h"
#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/large/runs.h"
#include "allocator/space/window.h"

#define RANK_SPAN  196
#define COMMIT     (8u << 20) /* bytes made usable at once */
#define TICK_SHIFT 26         /* 2^26 ns = 67 ms */

static uintptr_t base;    /* 0: no spans */
static uint32_t granules; /* of the window's part */

static struct {
    struct os_lock lock;
    uint32_t high; /* granules above this have never been made usable */
    uint64_t mapped_bytes, used_bytes, used_blocks;
} spans = {.lock.rank = RANK_SPAN};

void span_init(void)
{
    struct window window = window_get();
    granules = (uint32_t)((window.end - window.middle) / HAK_SLAB);
    base = granules ? window.middle : 0;
}

/* The last tick is for what the system does not take back (runs.h). */
static uint32_t tick_of(uint64_t time)
{
    uint64_t tick = time >> TICK_SHIFT;
    return tick < UINT32_MAX ? (uint32_t)tick : UINT32_MAX - 1;
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

static size_t bytes_of(uint32_t pages)
{
    return (size_t)pages << HAK_PAGE_SHIFT;
}

static uint32_t granule_of(const void *p)
{
    return (uint32_t)(((uintptr_t)p - base) >> HAK_SLAB_SHIFT);
}

/* The entry of a granule at which a block may begin; NULL when p is no such address. */
static struct granule *entry_of(const void *p)
{
    uintptr_t offset = (uintptr_t)p - base;
    if (!base || offset >= (size_t)granules * HAK_SLAB || offset & (HAK_SLAB - 1))
        return NULL;
    return granule_at((uint32_t)(offset >> HAK_SLAB_SHIFT));
}

/* Under the lock, before it is released. */
static void tell_bytes(void)
{
    kpi_set(HAK_KPI_SPAN_BYTES_USED, spans.used_bytes);
    kpi_set(HAK_KPI_SPAN_BYTES_MAPPED, spans.mapped_bytes);
}

static HAK_SLOW void tell_failure(enum ace_cause cause, size_t size, size_t alignment)
{
    if (cause != ACE_THRESHOLD)
        kpi_add(HAK_KPI_SPAN_FAILURES, 1);
    if (!ace_trace_is_on())
        return;
    lock_acquire(&spans.lock);
    uint64_t used = spans.used_bytes, mapped = spans.mapped_bytes;
    lock_release(&spans.lock);
    ace_trace_write(&(struct ace_failure){.cause = cause,
                                          .tier = ACE_TIER_SPAN,
                                          .class = -1,
                                          .size = size,
                                          .alignment = alignment,
                                          .used = used,
                                          .mapped = mapped});
}

/* Under the lock: takes a run out of those whose memory was unmapped, and maps it again. A place
 * that something else occupies by now is forgotten. */
static bool take_hollow(uint32_t count, uint32_t *first)
{
    bool clean;
    while (runs_take(count, RUN_HOLLOW, first, &clean)) {
        enum os_mapped mapped = os_map_fixed(address_of(*first), count * HAK_SLAB);
        if (mapped == OS_MAPPED) {
            spans.mapped_bytes += count * HAK_SLAB;
            return true;
        }
        if (mapped == OS_REFUSED) {
            runs_put(*first, count, RUN_HOLLOW);
            return false;
        }
    }
    return false;
}

/* Under the lock: makes fresh address space usable. On false, `*cause` says why not. */
static bool extend(uint32_t count, enum ace_cause *cause)
{
    size_t least = (count * HAK_SLAB + HAK_SUPERSLAB - 1) & ~(HAK_SUPERSLAB - 1);
    size_t bytes = least > COMMIT ? least : COMMIT;
    *cause = spans.high + granules_of(least) > granules ? ACE_EXHAUSTION : ACE_MAP_FAIL;
    void *start = window_grow(WINDOW_SPANS, bytes);
    if (!start && bytes > least)
        start = window_grow(WINDOW_SPANS, bytes = least);
    if (!start)
        return false;
    uint32_t first = granule_of(start), more = granules_of(bytes);
    if (!runs_prepare(first, more)) {
        os_unmap(start, bytes);
        return false;
    }
    spans.high = first + more;
    spans.mapped_bytes += bytes;
    runs_put(first, more, RUN_OPEN);
    return true;
}

/* Under the lock. */
static bool find_place(uint32_t count, uint32_t *first, bool *clean, enum ace_cause *cause)
{
    if (HAK_LIKELY(runs_take(count, RUN_OPEN, first, clean)))
        return true;
    *clean = true;
    if (take_hollow(count, first))
        return true;
    return extend(count, cause) && runs_take(count, RUN_OPEN, first, clean);
}

static void set_pages(struct granule *granule, uint32_t pages)
{
    atomic_store_explicit(&granule->pages, pages, memory_order_relaxed);
}

static uint32_t get_pages(const struct granule *granule)
{
    return atomic_load_explicit(&granule->pages, memory_order_relaxed);
}

void *span_alloc(size_t size, bool *zeroed)
{
    enum ace_cause cause = ACE_EXHAUSTION;
    uint32_t first;
    lock_acquire(&spans.lock);
    bool found = base && find_place(granules_of(size), &first, zeroed, &cause);
    if (found) {
        set_pages(granule_at(first), pages_of(size));
        spans.used_bytes += bytes_of(pages_of(size));
        spans.used_blocks++;
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
    const struct granule *granule = entry_of(p);
    return granule ? bytes_of(get_pages(granule)) : 0;
}

/* Under the lock: granules that a block had, free from `now` on. */
static void give(uint32_t first, uint32_t count, uint64_t now)
{
    runs_put_dirty(first, count, tick_of(now));
}

bool span_free(void *p, uint64_t now)
{
    struct granule *granule = entry_of(p);
    lock_acquire(&spans.lock);
    uint32_t pages = get_pages(granule);
    if (pages) { /* else another thread has freed it meanwhile, too */
        spans.used_bytes -= bytes_of(pages);
        spans.used_blocks--;
        set_pages(granule, 0);
        give(granule_of(p), granules_of(bytes_of(pages)), now);
    }
    tell_bytes();
    lock_release(&spans.lock);
    return pages != 0;
}

bool span_resize(void *p, size_t size)
{
    if (size > HAK_SPAN_MAX)
        return false;
    struct granule *granule = entry_of(p);
    uint32_t first = granule_of(p), count = granules_of(size);
    lock_acquire(&spans.lock);
    uint32_t old_pages = get_pages(granule), old = granules_of(bytes_of(old_pages));
    bool done = true;
    if (count < old)
        give(first + count, old - count, os_clock_coarse_ns());
    else if (count > old)
        done = runs_take_at(first + old, count - old);
    if (done) {
        set_pages(granule, pages_of(size));
        spans.used_bytes += bytes_of(pages_of(size)) - bytes_of(old_pages);
        tell_bytes();
    }
    lock_release(&spans.lock);
    return done;
}

/* In a process with a limit, the address space goes back as well: it counts, and so does memory
 * that is not there but may be written to. */
uint64_t span_purge(uint64_t before, struct budget *budget)
{
    uint64_t bytes = 0;
    uint32_t first, count;
    bool limited = os_is_limited();
    lock_acquire(&spans.lock);
    while ((count = runs_take_dirty(tick_of(before), budget, &first))) {
        /* They are in no run meanwhile, so the lock need not be held while the system works. */
        size_t size = count * HAK_SLAB;
        lock_release(&spans.lock);
        enum run_kind now = RUN_NONE;
        if (limited && os_unmap(address_of(first), size))
            now = RUN_HOLLOW;
        else if (os_purge(address_of(first), size))
            now = RUN_OPEN;
        budget_spend(budget, size + BUDGET_CALL);
        lock_acquire(&spans.lock);
        runs_put_purged(first, count, now);
        spans.mapped_bytes -= now == RUN_HOLLOW ? size : 0;
        bytes += now == RUN_NONE ? 0 : size;
    }
    tell_bytes();
    lock_release(&spans.lock);
    return bytes;
}

void span_hollow_out(void)
{
    uint32_t first, count;
    bool clean, done = true;
    lock_acquire(&spans.lock);
    while (done && runs_take_any(&first, &count, &clean)) {
        done = os_unmap(address_of(first), count * HAK_SLAB);
        if (done) {
            spans.mapped_bytes -= count * HAK_SLAB;
            runs_put(first, count, RUN_HOLLOW);
        } else if (clean) {
            runs_put(first, count, RUN_OPEN);
        } else {
            give(first, count, os_clock_coarse_ns());
        }
    }
    tell_bytes();
    lock_release(&spans.lock);
}

uint64_t span_used_bytes(void)
{
    lock_acquire(&spans.lock);
    uint64_t bytes = spans.used_bytes;
    lock_release(&spans.lock);
    return bytes;
}

uint64_t span_used_blocks(void)
{
    lock_acquire(&spans.lock);
    uint64_t blocks = spans.used_blocks;
    lock_release(&spans.lock);
    return blocks;
}

void span_fork(lock_step *step)
{
    step(&spans.lock);
}
