#include "allocator/tiny.h"

#include "allocator/fail.h"
#include "allocator/pool.h"
#include "allocator/unified_cache.h"

/* A run of blocks of one slab, as it stood in the list, goes back to that slab. */
HAK_INLINE void give_back(struct thread *thread, unsigned class, struct slab *slab, void *head,
                      void *tail, uint32_t count)
{
    if (slab == thread->current[class]) {
        *(void **)tail = slab->free;
        slab->free = head;
        slab->free_count += count;
    } else if (HAK_LIKELY(slab_class(slab) == class)) {
        pool_push(slab, class, head, tail, count);
    } else {
        /* A list of this class holds a block of another: a link was overwritten, or a block freed
         * twice. */
        fail_report(&(struct fail_event){.tag = "DRAIN_CLASS",
                                         .layer = "drain",
                                         .action = "dropped",
                                         .address = head,
                                         .superslab = superslab_of(head),
                                         .class = (int)class});
    }
}

/* Runs are spliced in the order in which they stand and only the tail's link is rewritten: so a
 * bulk free keeps the address order that the next bulk allocation profits from, and costs one step
 * per block. */
void *tiny_return_blocks(struct thread *thread, unsigned class, void *head, uint32_t count)
{
    void *p = head;
    while (p && count) {
        void *first = p, *tail;
        uint32_t length = 0;
        do {
            tail = p;
            p = *(void **)p;
            length++;
        } while (p && length < count && ((uintptr_t)p ^ (uintptr_t)first) >> HAK_SLAB_SHIFT == 0);
        count -= length;
        give_back(thread, class, slab_of(first), first, tail, length);
    }
    return p;
}

#if HAK_FRONT_CACHE

void tiny_drain(struct thread *thread, unsigned class, void *p)
{
    thread->seen[class] = true;
    struct chain *spill = &thread->spill[class];
    if (!unified_cache_make_room(thread, class, spill)) {
        /* No memory for an array: the spill list alone serves. */
        *(void **)p = spill->head;
        spill->head = p;
        spill->count++;
    } else {
        struct tls_bin *bin = &thread_tls.bins[class + 1];
        *++bin->top = p;
    }
    if (spill->count > size_classes[class].limit) {
        spill->head = tiny_return_blocks(thread, class, spill->head, spill->count);
        spill->count = 0;
    }
}

#else

void tiny_drain(struct thread *thread, unsigned class, void *p)
{
    thread->seen[class] = true;
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    uint32_t limit = size_classes[class].limit;
    /* While the list is taken apart the bin is empty and full at once, should a signal handler
     * look. */
    void *head = bin->head;
    bin->room = 0;
    bin->head = NULL;
    /* A thread's very first call may be this one: then the list is empty and only its room is
     * missing. */
    void *rest = tiny_return_blocks(thread, class, head, limit - limit / 2);
    layout_set_next((hak_user){p}, rest);
    bin->head = p;
    bin->room = (head ? limit / 2 : limit) - 1;
}

#endif

static void flush_class(struct thread *thread, unsigned class)
{
#if HAK_FRONT_CACHE
    unified_cache_empty(thread, class, &thread->spill[class]);
    void *list = thread->spill[class].head;
    thread->spill[class] = (struct chain){.head = NULL};
#else
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    void *list = bin->head;
    *bin = (struct tls_bin){.head = NULL};
#endif
    tiny_return_blocks(thread, class, list, UINT32_MAX);
    struct slab *slab = thread->current[class];
    thread->current[class] = NULL;
    if (slab)
        pool_release(slab);
}

void tiny_flush(struct thread *thread)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        flush_class(thread, class);
}

void tiny_age(struct thread *thread, uint64_t now)
{
    if (HAK_LIKELY(now < thread->age_at))
        return;
    thread->age_at = now + HAK_PURGE_NS / 4;
    for (unsigned class = 0; class < HAK_CLASSES; class ++) {
        if (!thread->seen[class])
            flush_class(thread, class);
        thread->seen[class] = false;
    }
}
