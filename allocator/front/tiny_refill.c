#include "allocator/front/tiny.h"

#include "allocator/diagnostics/kpi.h"
#include "allocator/front/tiny_front.h"
#include "allocator/front/unified_cache.h"
#include "allocator/layers/layer_freelist.h"
#include "allocator/layers/layers.h"
#include "allocator/layers/layers_test.h"
#include "allocator/slabs/pool.h"
#include "allocator/slabs/purge.h"

/* Links the next fresh blocks of a slab, about a page's worth, in address order. */
static struct chain carve(struct slab *slab, unsigned class)
{
    uint32_t first = atomic_load_explicit(&slab->carved, memory_order_relaxed);
    uint32_t count = slab->capacity - first;
    if (count > size_classes[class].carve)
        count = size_classes[class].carve;
    void *start = slab_start(slab);
    uint32_t stride = slab->stride;
    hak_user block = layout_block(start, class, stride, first);
    struct chain chain = {.head = block.p, .count = count};
    for (uint32_t i = 1;; i++) {
        layout_write_header(block, class);
        hak_user next = {(char *)block.p + stride};
        layers_link(block.p, class + 1, i < count ? next.p : NULL);
        trace_next(TRACE_CARVE, class, block.p, i < count ? next.p : NULL);
        if (i >= count)
            break;
        block = next;
    }
    atomic_store_explicit(&slab->carved, first + count, memory_order_relaxed);
    if (HAK_LAYER_HEAD)
        head_set_carved(start, layout_block(start, class, stride, first + count).p);
    return chain;
}

/* A chain of the thread's current slab, which it holds; empty when the slab has none. */
static struct chain source_from(struct slab *slab, unsigned class)
{
    struct chain chain = {.head = slab->free, .count = slab->free_count};
    if (chain.head) {
        slab->free = NULL;
        slab->free_count = 0;
    } else if (remote_count(atomic_load_explicit(&slab->remote, memory_order_relaxed))) {
        chain = remote_take(slab);
    } else if (atomic_load_explicit(&slab->carved, memory_order_relaxed) < slab->capacity) {
        chain = carve(slab, class);
    }
    if (chain.head)
        pin_add(slab, (int32_t)chain.count);
    return chain;
}

struct chain tiny_source(struct thread *thread, unsigned class)
{
    for (;;) {
        struct slab *slab = thread->current[class];
        if (slab) {
            struct chain chain = source_from(slab, class);
            if (chain.head && (!HAK_LAYER_FREELIST || freelist_test(slab, &chain))) {
                if (HAK_TRACE)
                    trace_next(TRACE_REFILL, class, chain.head,
                               layout_next((hak_user){chain.head}));
                return chain;
            }
            if (chain.head || !pool_park(slab))
                continue;
            kpi_count(thread->kpi_slot, HAK_KPI_POOL_PARKS);
        }
        kpi_count(thread->kpi_slot, HAK_KPI_POOL_ACQUIRES);
        thread->current[class] = pool_acquire(class);
        if (!thread->current[class])
            return (struct chain){.head = NULL};
        tiny_age(thread, purge_tick());
    }
}

/* Takes the first block off a list, which the front would not take or which is new. NULL, and the
 * list empty, when it must not be used; the list is cut where its link is not to be followed. */
static void *take_first(unsigned class, void **list)
{
    void *p = *list;
    *list = NULL;
    if (!p)
        return NULL;
    if (!layers_test_leave(p, class)) {
        trace_next(TRACE_TLS_POP_CLEAR, class, p, NULL);
        return NULL;
    }
    *list = layers_walk(p, class);
    trace_next(TRACE_TLS_POP, class, p, *list);
    layers_leave(p, class + 1);
    return p;
}

#if HAK_FRONT_CACHE

void *tiny_refill(struct thread *thread, unsigned class)
{
    thread->seen[class] = true;
    kpi_count(thread->kpi_slot, HAK_KPI_TINY_REFILLS);
    struct chain *spill = &thread->spill[class];
    for (;;) {
        /* The newest block of the cache, if it has one, is one that the front would not hand out.
         */
        void *cached = unified_cache_take(thread, class);
        if (cached)
            return cached;
        if (!spill->head) {
            *spill = tiny_source(thread, class);
            if (!spill->head)
                return NULL;
        }
        void *p = take_first(class, &spill->head);
        spill->count--;
        if (HAK_LIKELY(p != NULL)) {
            trace_head(TRACE_REFILL, class, spill->head, spill->count);
            unified_cache_fill(thread, class, spill);
            tiny_test_spill(spill, class);
            thread->kept[class] = spill->count;
            return p;
        }
        spill->count = 0;
    }
}

#else

void *tiny_refill(struct thread *thread, unsigned class)
{
    thread->seen[class] = true;
    kpi_count(thread->kpi_slot, HAK_KPI_TINY_REFILLS);
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    int64_t length = thread->balance[class] - bin->room;
    void *list = bin->head;
    if (!list && length > LIST_TOLERANCE)
        tiny_report_length(class);
    bin->room = 0;
    bin->head = NULL;
    void *p = take_first(class, &list);
    length--;
    while (!p) {
        struct chain chain = tiny_source(thread, class);
        list = chain.head;
        length = (int64_t)chain.count - 1;
        if (!list) {
            thread->balance[class] = 0;
            return NULL;
        }
        p = take_first(class, &list);
    }
    thread->balance[class] = (list ? length : 0) + size_classes[class].limit;
    tiny_front_open(class, list, (tls_room)size_classes[class].limit);
    tiny_front_trace_head(TRACE_REFILL, class + 1);
    return p;
}

#endif
