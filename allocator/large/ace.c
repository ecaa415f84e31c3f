#include "allocator/large/ace.h"

#include <sys/single_threaded.h>

#include "allocator/base/bitmap.h"
#include "allocator/base/os.h"
#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/space/fence.h"
#include "allocator/space/registry.h"

#define HAK_REGION_PAGES ((uint32_t)(HAK_SUPERSLAB / HAK_PAGE))
#define RANK_ACE         192
#define BINS             25 /* size steps: 8 per doubling of pages; 32 pages are the last */
#define BIN_DEPTH        16
#define CACHE_BYTES      (64ul << 20)
#define LEVELS           10 /* lists of regions by the logarithm of their longest free run */

/* An ACE region: its record is the second page of the SuperSlab (the first keeps the slab records,
 * whatever the SuperSlab is). A page is live (in a block), aside (in a block that was freed and is
 * kept as a whole, by a thread's shelf or in the cache), or free; only free ones have their bit in
 * `free`. Invariant: span[p] is the length of the block that begins at page p, with ASIDE or
 * without, else 0. */
struct region {
    uint64_t free[HAK_REGION_PAGES / 64];
    uint64_t
        clean[HAK_REGION_PAGES / 64]; /* free pages without memory behind them: they read as zero */
    uint16_t span[HAK_REGION_PAGES];
    struct region *next, *prev;         /* on its level's list */
    struct region *next_all, *prev_all; /* on the list of all regions */
    uint32_t longest;                   /* free run; 0: on no level's list */
    uint64_t freed_at;                  /* coarse clock of the last free; 0: nothing is due */
};
_Static_assert(sizeof(struct region) <= HAK_PAGE, "the record fits a page");
#define ASIDE 0x8000u /* in `span` */

struct cached {
    void *p;
    uint64_t since;
};

static struct {
    struct os_lock lock;
    struct region *level[LEVELS];
    struct region *all;
    struct cached bin[BINS][BIN_DEPTH];
    uint32_t depth[BINS];
    uint64_t cached_bytes, used_bytes;
} ace = {.lock.rank = RANK_ACE};

static struct region *region_of(const void *p)
{
    return (struct region *)((char *)superslab_of(p) + HAK_PAGE);
}

static uint32_t page_of(const void *p)
{
    return (uint32_t)(((uintptr_t)p & (HAK_SUPERSLAB - 1)) >> HAK_PAGE_SHIFT);
}

/* Of a block that stands or stood there. Its owner may read it, and lay the block aside, without
 * the lock: nobody else changes the span of a block in use. */
static uint16_t *span_of(const void *p)
{
    return &region_of(p)->span[page_of(p)];
}

static void *address_of(struct region *region, uint32_t page)
{
    return (char *)superslab_of(region) + (size_t)page * HAK_PAGE;
}

static uint32_t pages_of(size_t size)
{
    return (uint32_t)((size + HAK_PAGE - 1) >> HAK_PAGE_SHIFT);
}

/* Rounds a number of pages up to a step: 1 .. 8 as they are, then eight steps per doubling. */
static uint32_t round_pages(uint32_t pages)
{
    if (pages <= 8)
        return pages;
    uint32_t shift = 28u - (uint32_t)__builtin_clz(pages - 1);
    return (((pages - 1) >> shift) + 1) << shift;
}

/* The bin of a rounded number of pages. */
static uint32_t bin_of(uint32_t pages)
{
    if (pages <= 8)
        return pages;
    uint32_t shift = 28u - (uint32_t)__builtin_clz(pages - 1);
    return 8 * shift + ((pages - 1) >> shift) + 1;
}

static uint32_t level_of(uint32_t run)
{
    return 31u - (uint32_t)__builtin_clz(run);
}

/* Files a region under its longest run, after a change of `free`. */
static void file_region(struct region *region)
{
    uint32_t longest = bitmap_longest(region->free, HAK_REGION_PAGES);
    if (longest == region->longest)
        return;
    if (region->longest) {
        if (region->prev)
            region->prev->next = region->next;
        else
            ace.level[level_of(region->longest)] = region->next;
        if (region->next)
            region->next->prev = region->prev;
    }
    region->longest = longest;
    if (longest) {
        struct region **list = &ace.level[level_of(longest)];
        region->prev = NULL;
        region->next = *list;
        if (*list)
            (*list)->prev = region;
        *list = region;
    }
}

static void free_pages(struct region *region, uint32_t page, uint32_t count, uint64_t now)
{
    bitmap_set(region->free, page, count, true);
    region->freed_at = now;
    file_region(region);
}

/* Takes a run out of the bitmap of the first region that has one; NULL when none has. */
static void *take_run(uint32_t pages, uint32_t step, bool *zeroed)
{
    for (uint32_t level = level_of(pages); level < LEVELS; level++) {
        for (struct region *region = ace.level[level]; region; region = region->next) {
            if (region->longest < pages)
                continue;
            uint32_t page = bitmap_find_run(region->free, HAK_REGION_PAGES, pages, step);
            if (page >= HAK_REGION_PAGES)
                continue;
            bitmap_set(region->free, page, pages, false);
            *zeroed = bitmap_all(region->clean, HAK_REGION_PAGES, page, pages);
            bitmap_set(region->clean, page, pages, false);
            region->span[page] = (uint16_t)pages;
            file_region(region);
            return address_of(region, page);
        }
    }
    return NULL;
}

static void add_region(struct superslab *superslab)
{
    struct region *region = region_of(superslab);
    bool clean = superslab->dirty == 0;
    uint32_t pages = FENCE_REGION_PAGES;
    *region = (struct region){.next_all = ace.all};
    bitmap_set(region->free, FENCE_REGION_FIRST, pages, true);
    bitmap_set(region->clean, FENCE_REGION_FIRST, pages, clean);
    if (!clean)
        region->freed_at = superslab->idle_since;
    if (ace.all)
        ace.all->prev_all = region;
    ace.all = region;
    file_region(region);
}

/* A region of which nothing is in use goes back for any use, unless it is the last that has room
 * for everything: that one is kept, so that one block to and fro moves no SuperSlab. */
static struct superslab *remove_if_whole(struct region *region)
{
    uint32_t pages = FENCE_REGION_PAGES;
    struct region *level = ace.level[level_of(pages)];
    if (region->longest < pages || (level == region && !region->next))
        return NULL;
    bitmap_set(region->free, FENCE_REGION_FIRST, pages, false);
    file_region(region);
    if (region->prev_all)
        region->prev_all->next_all = region->next_all;
    else
        ace.all = region->next_all;
    if (region->next_all)
        region->next_all->prev_all = region->prev_all;
    struct superslab *superslab = superslab_of(region);
    superslab->dirty =
        bitmap_all(region->clean, HAK_REGION_PAGES, FENCE_REGION_FIRST, pages) ? 0 : SUPERSLAB_ALL;
    return superslab;
}

static void *take_cached(uint32_t bin)
{
    if (!ace.depth[bin])
        return NULL;
    void *p = ace.bin[bin][--ace.depth[bin]].p;
    ace_take_up(p);
    ace.cached_bytes -= *span_of(p) * HAK_PAGE;
    return p;
}

/* Under the lock, before it is released. */
static void tell_bytes(void)
{
    kpi_set(HAK_KPI_ACE_BYTES_USED, ace.used_bytes);
    kpi_set(HAK_KPI_ACE_BYTES_CACHED, ace.cached_bytes);
}

static HAK_SLOW void tell_failure(enum ace_cause cause, size_t size, size_t alignment, int bin)
{
    if (cause != ACE_THRESHOLD)
        kpi_add(HAK_KPI_ACE_FAILURES, 1);
    if (!ace_trace_is_on())
        return;
    lock_acquire(&ace.lock);
    uint64_t used = ace.used_bytes, cached = ace.cached_bytes;
    lock_release(&ace.lock);
    ace_trace_write(&(struct ace_failure){.cause = cause,
                                          .tier = ACE_TIER_ACE,
                                          .class = bin,
                                          .size = size,
                                          .alignment = alignment,
                                          .used = used,
                                          .cached = cached,
                                          .mapped = superslab_bytes()});
}

void *ace_alloc(size_t size, size_t alignment, bool *zeroed)
{
    hak_assert(size && size <= HAK_ACE_MAX && alignment <= HAK_ACE_MAX);
    uint32_t pages = round_pages(pages_of(size));
    uint32_t step = alignment <= HAK_PAGE ? 1 : (uint32_t)(alignment >> HAK_PAGE_SHIFT);
    *zeroed = false;
    lock_acquire(&ace.lock);
    void *p = step == 1 ? take_cached(bin_of(pages)) : NULL;
    kpi_count_locked(p ? HAK_KPI_ACE_HITS : HAK_KPI_ACE_MISSES);
    if (!p)
        p = take_run(pages, step, zeroed);
    if (!p) {
        lock_release(&ace.lock);
        struct superslab *fresh = superslab_take(SUPERSLAB_ACE);
        if (!fresh) {
            /* A SuperSlab is had from anywhere in the address space, so that only two things can
             * stand in the way. */
            tell_failure(registry_is_full() ? ACE_EXHAUSTION : ACE_MAP_FAIL, size, alignment,
                         (int)bin_of(pages));
            return NULL;
        }
        lock_acquire(&ace.lock);
        add_region(fresh);
        p = take_run(pages, step, zeroed);
    }
    if (p)
        ace.used_bytes += pages * HAK_PAGE;
    tell_bytes();
    lock_release(&ace.lock);
    if (!p) /* others have taken the new region's runs meanwhile */
        tell_failure(ACE_EXHAUSTION, size, alignment, (int)bin_of(pages));
    return p;
}

void ace_decline(size_t size, size_t alignment)
{
    tell_failure(ACE_THRESHOLD, size, alignment, -1);
}

size_t ace_usable(const void *p)
{
    if ((uintptr_t)p & (HAK_PAGE - 1))
        return 0;
    uint16_t pages = __atomic_load_n(span_of(p), __ATOMIC_RELAXED);
    return pages & ASIDE ? 0 : pages * HAK_PAGE;
}

size_t ace_lay_aside(void *p)
{
    uint16_t *span = span_of(p), pages = __atomic_load_n(span, __ATOMIC_RELAXED);
    if ((uintptr_t)p & (HAK_PAGE - 1) || !pages || pages & ASIDE)
        return 0;
    size_t bytes = pages * HAK_PAGE;
    if (__libc_single_threaded)
        __atomic_store_n(span, (uint16_t)(pages | ASIDE), __ATOMIC_RELAXED);
    else if (!__atomic_compare_exchange_n(span, &pages, (uint16_t)(pages | ASIDE), false,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return 0;
    return bytes;
}

void ace_take_up(void *p)
{
    uint16_t *span = span_of(p);
    __atomic_store_n(span, (uint16_t)(*span & ~ASIDE), __ATOMIC_RELAXED);
}

size_t ace_round(size_t size)
{
    return round_pages(pages_of(size)) * HAK_PAGE;
}

void ace_free(void *p, uint64_t now)
{
    struct region *region = region_of(p);
    uint32_t page = page_of(p);
    lock_acquire(&ace.lock);
    uint32_t pages = region->span[page] & ~ASIDE;
    ace.used_bytes -= pages * HAK_PAGE;
    uint32_t bin = bin_of(pages);
    struct superslab *whole = NULL;
    if (pages == round_pages(pages) && ace.depth[bin] < BIN_DEPTH &&
        ace.cached_bytes + pages * HAK_PAGE <= CACHE_BYTES) {
        ace.bin[bin][ace.depth[bin]++] = (struct cached){.p = p, .since = now};
        ace.cached_bytes += pages * HAK_PAGE;
    } else {
        region->span[page] = 0;
        free_pages(region, page, pages, now);
        whole = remove_if_whole(region);
    }
    tell_bytes();
    lock_release(&ace.lock);
    if (whole)
        superslab_give(whole);
}

bool ace_resize(void *p, size_t size)
{
    if (size > HAK_ACE_MAX)
        return false;
    struct region *region = region_of(p);
    uint32_t page = page_of(p);
    uint32_t pages = round_pages(pages_of(size));
    bool done = true;
    lock_acquire(&ace.lock);
    uint32_t now = region->span[page];
    if (pages < now) {
        free_pages(region, page + pages, now - pages, os_clock_coarse_ns());
    } else if (pages > now) {
        done = bitmap_all(region->free, HAK_REGION_PAGES, page + now, pages - now);
        if (done) {
            bitmap_set(region->free, page + now, pages - now, false);
            bitmap_set(region->clean, page + now, pages - now, false);
            file_region(region);
        }
    }
    if (done) {
        region->span[page] = (uint16_t)pages;
        ace.used_bytes += pages * HAK_PAGE - now * HAK_PAGE;
    }
    tell_bytes();
    lock_release(&ace.lock);
    return done;
}

/* Moves cached runs that have been idle since `before` to their bitmaps. */
static void expire_cache(uint64_t before, uint64_t now)
{
    for (uint32_t bin = 0; bin < BINS; bin++) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < ace.depth[bin]; i++) {
            struct cached entry = ace.bin[bin][i];
            if (entry.since > before) {
                ace.bin[bin][kept++] = entry;
                continue;
            }
            struct region *region = region_of(entry.p);
            uint32_t page = page_of(entry.p), pages = region->span[page] & ~ASIDE;
            ace.cached_bytes -= pages * HAK_PAGE;
            region->span[page] = 0;
            /* It has been idle all the time, so its pages are due at once unless a neighbour was
             * freed later. */
            uint64_t freed_at = region->freed_at;
            free_pages(region, page, pages, now);
            region->freed_at = freed_at > entry.since ? freed_at : entry.since;
        }
        ace.depth[bin] = kept;
    }
}

/* Purges the free pages of a region that have memory. They are marked as taken meanwhile, so the
 * lock need not be held while the system works. */
static uint64_t purge_region(struct region *region)
{
    uint64_t bytes = 0;
    uint32_t page = 0, count;
    while ((count = bitmap_next_difference(region->free, region->clean, HAK_REGION_PAGES, &page))) {
        bitmap_set(region->free, page, count, false);
        file_region(region);
        lock_release(&ace.lock);
        bool purged = os_purge(address_of(region, page), count * HAK_PAGE);
        lock_acquire(&ace.lock);
        bitmap_set(region->free, page, count, true);
        bitmap_set(region->clean, page, count, purged);
        file_region(region);
        bytes += purged ? count * HAK_PAGE : 0;
        page += count;
    }
    return bytes;
}

uint64_t ace_purge(uint64_t before)
{
    uint64_t now = os_clock_coarse_ns();
    uint64_t bytes = 0;
    lock_acquire(&ace.lock);
    expire_cache(before, now);
    tell_bytes();
    for (struct region *region = ace.all; region;) {
        if (region->freed_at && region->freed_at <= before) {
            region->freed_at = 0;
            /* Meanwhile the lock is free at times, but the region cannot leave the list: its pages
             * that are being purged count as in use. */
            bytes += purge_region(region);
        }
        struct region *next = region->next_all;
        struct superslab *whole = remove_if_whole(region);
        if (whole) {
            /* Not under the lock. The list may change meanwhile, so it is walked anew. */
            lock_release(&ace.lock);
            superslab_give(whole);
            lock_acquire(&ace.lock);
            next = ace.all;
        }
        region = next;
    }
    lock_release(&ace.lock);
    return bytes;
}

uint64_t ace_used_bytes(void)
{
    lock_acquire(&ace.lock);
    uint64_t bytes = ace.used_bytes;
    lock_release(&ace.lock);
    return bytes;
}

void ace_fork(lock_step *step)
{
    step(&ace.lock);
}
