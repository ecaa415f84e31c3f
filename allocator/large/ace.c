#include "allocator/large/ace.h"

#include <stdatomic.h>
#include <sys/single_threaded.h>

#include "allocator/base/os.h"
#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/large/region.h"
#include "allocator/space/registry.h"

#define RANK_ACE    192
#define BINS        25 /* size steps: 8 per doubling of pages; 32 pages are the last */
#define BIN_DEPTH   16
#define CACHE_BYTES (64ul << 20)
#define SHARDS_MAX  8

struct cached {
    void *p;
    uint64_t since;
};

/* A share of ACE, under the lock of its regions. Threads are spread over as many as there are
 * processors, so that two of them rarely meet; a block goes back to the shard that its region
 * belongs to. */
static struct shard {
    struct region_set regions; /* first: see shard_of */
    struct cached bin[BINS][BIN_DEPTH];
    uint32_t depth[BINS];
    uint64_t cached_bytes;
} __attribute__((aligned(64)))
shards[SHARDS_MAX] = {[0 ... SHARDS_MAX - 1] = {.regions.lock.rank = RANK_ACE}};

static _Atomic uint64_t used_bytes, cached_bytes;

/* The shard that this thread takes from. */
static struct shard *own_shard(void)
{
    static _Atomic uint32_t threads;
    static __thread uint32_t number; /* + 1 */
    if (HAK_UNLIKELY(!number)) {
        uint32_t turn = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed);
        number = turn % os_processors(SHARDS_MAX) + 1;
    }
    return &shards[number - 1];
}

static struct shard *shard_of(const struct region *region)
{
    return (struct shard *)region->set;
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

/* What is used and cached by all shards together, told to the KPI page as well. */
static void count_used(int64_t bytes)
{
    atomic_fetch_add_explicit(&used_bytes, (uint64_t)bytes, memory_order_relaxed);
    kpi_add(HAK_KPI_ACE_BYTES_USED, (uint64_t)bytes);
}

static void count_cached(struct shard *shard, int64_t bytes)
{
    shard->cached_bytes += (uint64_t)bytes;
    atomic_fetch_add_explicit(&cached_bytes, (uint64_t)bytes, memory_order_relaxed);
    kpi_add(HAK_KPI_ACE_BYTES_CACHED, (uint64_t)bytes);
}

static int64_t bytes_of(uint32_t pages)
{
    return (int64_t)pages << HAK_PAGE_SHIFT;
}

static void *take_cached(struct shard *shard, uint32_t bin)
{
    if (!shard->depth[bin])
        return NULL;
    void *p = shard->bin[bin][--shard->depth[bin]].p;
    ace_take_up(p);
    count_cached(shard, -bytes_of(*region_span(p)));
    return p;
}

static HAK_SLOW void tell_failure(enum ace_cause cause, size_t size, size_t alignment, int bin)
{
    if (cause != ACE_THRESHOLD)
        kpi_add(HAK_KPI_ACE_FAILURES, 1);
    if (!ace_trace_is_on())
        return;
    uint64_t cached = atomic_load_explicit(&cached_bytes, memory_order_relaxed);
    ace_trace_write(&(struct ace_failure){.cause = cause,
                                          .tier = ACE_TIER_ACE,
                                          .class = bin,
                                          .size = size,
                                          .alignment = alignment,
                                          .used = ace_used_bytes(),
                                          .cached = cached,
                                          .mapped = superslab_bytes()});
}

static void *take_fresh(struct shard *shard, uint32_t pages, uint32_t step, bool *zeroed)
{
    struct superslab *fresh = superslab_take(SUPERSLAB_ACE);
    if (!fresh)
        return NULL;
    lock_acquire(&shard->regions.lock);
    region_add(&shard->regions, fresh);
    void *p = region_take(&shard->regions, pages, step, zeroed);
    lock_release(&shard->regions.lock);
    return p;
}

/* When there is no SuperSlab for the thread's own shard. */
static HAK_SLOW void *take_anywhere(uint32_t pages, uint32_t step, bool *zeroed)
{
    void *p = NULL;
    for (struct shard *shard = shards; shard < shards + SHARDS_MAX && !p; shard++) {
        lock_acquire(&shard->regions.lock);
        p = region_take(&shard->regions, pages, step, zeroed);
        lock_release(&shard->regions.lock);
    }
    return p;
}

void *ace_alloc(size_t size, size_t alignment, bool *zeroed)
{
    hak_assert(size && size <= HAK_ACE_MAX && alignment <= HAK_ACE_MAX);
    uint32_t pages = round_pages(pages_of(size));
    uint32_t step = alignment <= HAK_PAGE ? 1 : (uint32_t)(alignment >> HAK_PAGE_SHIFT);
    *zeroed = false;
    struct shard *shard = own_shard();
    lock_acquire(&shard->regions.lock);
    void *p = step == 1 ? take_cached(shard, bin_of(pages)) : NULL;
    bool hit = p != NULL;
    if (!p)
        p = region_take(&shard->regions, pages, step, zeroed);
    lock_release(&shard->regions.lock);
    kpi_add(hit ? HAK_KPI_ACE_HITS : HAK_KPI_ACE_MISSES, 1);
    if (!p)
        p = take_fresh(shard, pages, step, zeroed);
    if (!p)
        p = take_anywhere(pages, step, zeroed);
    if (p)
        count_used(bytes_of(pages));
    else /* a SuperSlab is had from anywhere in the address space: two things can be in the way */
        tell_failure(registry_is_full() ? ACE_EXHAUSTION : ACE_MAP_FAIL, size, alignment,
                     (int)bin_of(pages));
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
    uint16_t pages = __atomic_load_n(region_span(p), __ATOMIC_RELAXED);
    return pages & REGION_ASIDE ? 0 : pages * HAK_PAGE;
}

size_t ace_lay_aside(void *p)
{
    uint16_t *span = region_span(p), pages = __atomic_load_n(span, __ATOMIC_RELAXED);
    if ((uintptr_t)p & (HAK_PAGE - 1) || !pages || pages & REGION_ASIDE)
        return 0;
    size_t bytes = pages * HAK_PAGE;
    if (__libc_single_threaded)
        __atomic_store_n(span, (uint16_t)(pages | REGION_ASIDE), __ATOMIC_RELAXED);
    else if (!__atomic_compare_exchange_n(span, &pages, (uint16_t)(pages | REGION_ASIDE), false,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return 0;
    return bytes;
}

void ace_take_up(void *p)
{
    uint16_t *span = region_span(p);
    __atomic_store_n(span, (uint16_t)(*span & ~REGION_ASIDE), __ATOMIC_RELAXED);
}

size_t ace_round(size_t size)
{
    return round_pages(pages_of(size)) * HAK_PAGE;
}

void ace_free(void *p, uint64_t now)
{
    struct region *region = region_of(p);
    struct shard *shard = shard_of(region);
    uint32_t page = region_page(p);
    lock_acquire(&shard->regions.lock);
    uint32_t pages = region->span[page] & ~REGION_ASIDE;
    uint32_t bin = bin_of(pages);
    struct superslab *whole = NULL;
    if (pages == round_pages(pages) && shard->depth[bin] < BIN_DEPTH &&
        shard->cached_bytes + pages * HAK_PAGE <= CACHE_BYTES) {
        shard->bin[bin][shard->depth[bin]++] = (struct cached){.p = p, .since = now};
        count_cached(shard, bytes_of(pages));
    } else {
        region->span[page] = 0;
        region_put(region, page, pages, now);
        whole = region_remove_if_whole(region);
    }
    lock_release(&shard->regions.lock);
    count_used(-bytes_of(pages));
    if (whole)
        superslab_give(whole);
}

bool ace_resize(void *p, size_t size)
{
    if (size > HAK_ACE_MAX)
        return false;
    struct region *region = region_of(p);
    uint32_t page = region_page(p);
    uint32_t pages = round_pages(pages_of(size));
    bool done = true;
    lock_acquire(&region->set->lock);
    uint32_t now = region->span[page];
    if (pages < now)
        region_put(region, page + pages, now - pages, os_clock_coarse_ns());
    else if (pages > now)
        done = region_take_at(region, page + now, pages - now);
    if (done)
        region->span[page] = (uint16_t)pages;
    lock_release(&region->set->lock);
    if (done)
        count_used(bytes_of(pages) - bytes_of(now));
    return done;
}

/* Moves cached runs that have been idle since `before` to their bitmaps. */
static void expire_cache(struct shard *shard, uint64_t before)
{
    for (uint32_t bin = 0; bin < BINS; bin++) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < shard->depth[bin]; i++) {
            struct cached entry = shard->bin[bin][i];
            if (entry.since > before) {
                shard->bin[bin][kept++] = entry;
                continue;
            }
            struct region *region = region_of(entry.p);
            uint32_t page = region_page(entry.p), pages = region->span[page] & ~REGION_ASIDE;
            count_cached(shard, -bytes_of(pages));
            region->span[page] = 0;
            /* It has been idle all the time, so its pages are due at once unless a neighbour was
             * freed later. */
            uint64_t freed_at = region->freed_at;
            region_put(region, page, pages, freed_at > entry.since ? freed_at : entry.since);
        }
        shard->depth[bin] = kept;
    }
}

uint64_t ace_purge(uint64_t before, struct budget *budget)
{
    uint64_t bytes = 0;
    for (struct shard *shard = shards; shard < shards + SHARDS_MAX; shard++) {
        lock_acquire(&shard->regions.lock);
        expire_cache(shard, before);
        lock_release(&shard->regions.lock);
        bytes += region_purge(&shard->regions, before, budget);
    }
    return bytes;
}

uint64_t ace_used_bytes(void)
{
    return atomic_load_explicit(&used_bytes, memory_order_relaxed);
}

void ace_fork(lock_step *step)
{
    for (struct shard *shard = shards; shard < shards + SHARDS_MAX; shard++)
        step(&shard->regions.lock);
}
