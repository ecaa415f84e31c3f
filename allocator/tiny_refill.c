#include "allocator/tiny.h"

#include "allocator/pool.h"
#include "allocator/purge.h"
#include "allocator/unified_cache.h"

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
        layout_set_next(block, i < count ? next.p : NULL);
        if (i >= count)
            break;
        block = next;
    }
    atomic_store_explicit(&slab->carved, first + count, memory_order_relaxed);
    return chain;
}

struct chain tiny_source(struct thread *thread, unsigned class)
{
    for (;;) {
        struct slab *slab = thread->current[class];
        if (slab && slab->free) {
            struct chain chain = {.head = slab->free, .count = slab->free_count};
            slab->free = NULL;
            slab->free_count = 0;
            return chain;
        }
        if (slab && remote_count(atomic_load_explicit(&slab->remote, memory_order_relaxed)))
            return remote_take(slab);
        if (slab && atomic_load_explicit(&slab->carved, memory_order_relaxed) < slab->capacity)
            return carve(slab, class);
        if (slab && !pool_park(slab))
            continue;
        thread->current[class] = pool_acquire(class);
        if (!thread->current[class])
            return (struct chain){.head = NULL};
        tiny_age(thread, purge_tick());
    }
}

#if HAK_FRONT_CACHE

void *tiny_refill(struct thread *thread, unsigned class)
{
    thread->seen[class] = true;
    struct chain *spill = &thread->spill[class];
    if (!spill->head) {
        spill->head = tiny_source(thread, class).head;
        spill->count = 0;
        if (!spill->head)
            return NULL;
    }
    void *p = spill->head;
    spill->head = *(void **)p;
    unified_cache_fill(thread, class, spill);
    return p;
}

#else

void *tiny_refill(struct thread *thread, unsigned class)
{
    thread->seen[class] = true;
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    void *p = tiny_source(thread, class).head;
    if (p) {
        bin->head = *(void **)p;
        bin->room = size_classes[class].limit;
    }
    return p;
}

#endif
