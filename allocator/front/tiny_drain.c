#include "allocator/front/tiny.h"

#include "allocator/diagnostics/fail.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/front/tiny_front.h"
#include "allocator/front/unified_cache.h"
#include "allocator/layers/layers.h"
#include "allocator/layers/layers_test.h"
#include "allocator/slabs/pool.h"

void tiny_report_length(unsigned class)
{
    fail_report(&(struct fail_event){
        .tag = "DRAIN_LENGTH", .layer = "drain", .action = "list dropped", .class = (int)class});
}

/* A run of blocks of one slab, as it stood in the list, goes back to that slab. */
HAK_INLINE void give_back(struct thread *thread, unsigned class, struct slab *slab, void *head,
                          void *tail, uint32_t count)
{
    if (slab == thread->current[class]) {
        pin_add(slab, -(int32_t)count);
        layers_link(tail, class + 1, slab->free);
        trace_next(TRACE_DRAIN, class, tail, slab->free);
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

static bool is_same_slab(const void *p, const void *q)
{
    return ((uintptr_t)p ^ (uintptr_t)q) >> HAK_SLAB_SHIFT == 0;
}

/* Runs are spliced in the order in which they stand and only the tail's link is rewritten: so a
 * bulk free keeps the address order that the next bulk allocation profits from, and costs one step
 * per block. */
struct chain tiny_return_blocks(struct thread *thread, unsigned class, void *head, uint32_t count)
{
    void *p = head;
    uint32_t returned = 0;
    if ((HAK_LAYER_NEXT || HAK_LAYER_HEAD) && p && !layers_test_leave(p, class))
        p = NULL;
    while (p && returned < count) {
        void *first = p, *tail;
        uint32_t length = 0, most = count - returned;
        do {
            tail = p;
            p = layout_next((hak_user){p});
            length++;
        } while (p && length < most && is_same_slab(p, first));
        returned += length;
        /* Inside of a slab a link can be followed whatever it says: it ends in memory of ours. */
        if (!is_same_slab(p, tail))
            p = layers_walk(tail, class);
        give_back(thread, class, slab_of(first), first, tail, length);
    }
    return (struct chain){.head = p, .count = returned};
}

#if HAK_FRONT_CACHE

void tiny_test_spill(struct chain *spill, unsigned class)
{
    if ((spill->head == NULL) == (spill->count == 0))
        return;
    tiny_report_length(class);
    trace_next(TRACE_TLS_POP_CLEAR, class, spill->head, NULL);
    *spill = (struct chain){.head = NULL};
    trace_head(TRACE_TLS_POP_CLEAR, class, NULL, 0);
}

void tiny_drain(struct thread *thread, unsigned class, void *p)
{
    thread->seen[class] = true;
    kpi_count(thread->kpi_slot, HAK_KPI_TINY_DRAINS);
    struct chain *spill = &thread->spill[class];
    if (!unified_cache_make_room(thread, class, spill)) {
        /* No memory for an array: the spill list alone serves. */
        layers_link(p, class + 1, spill->head);
        trace_next(TRACE_TLS_PUSH, class, p, spill->head);
        spill->head = p;
        spill->count++;
        trace_head(TRACE_TLS_PUSH, class, p, spill->count);
    } else {
        struct tls_bin *bin = &thread_tls.bins[class + 1];
        if (HAK_LAYER_HEAD)
            layers_link(p, class + 1, NULL);
        *++bin->top = p;
        trace_next(TRACE_CACHE_PUSH, class, p, NULL);
    }
    uint32_t kept = thread->kept[class];
    if (spill->count > kept + size_classes[class].limit) {
        struct chain rest = tiny_return_blocks(thread, class, spill->head, spill->count - kept);
        *spill = (struct chain){.head = rest.head, .count = spill->count - rest.count};
        tiny_test_spill(spill, class);
        thread->kept[class] = spill->count;
        trace_head(TRACE_DRAIN, class, spill->head, spill->count);
    }
}

#else

void tiny_drain(struct thread *thread, unsigned class, void *p)
{
    thread->seen[class] = true;
    kpi_count(thread->kpi_slot, HAK_KPI_TINY_DRAINS);
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    uint32_t limit = size_classes[class].limit;
    /* While the list is taken apart the bin is empty and full at once, should a signal handler
     * look. */
    void *head = bin->head;
    int64_t length = thread->balance[class] - bin->room;
    bin->room = 0;
    bin->head = NULL;
    /* A thread's very first call may be this one: then the list is empty and only its room is
     * missing. */
    uint32_t wanted = limit - limit / 2;
    struct chain rest = tiny_return_blocks(thread, class, head, wanted);
    if (rest.count < wanted && length - rest.count > LIST_TOLERANCE)
        tiny_report_length(class);
    length = rest.head ? length - rest.count + 1 : 1;
    layers_link(p, class + 1, rest.head);
    trace_next(TRACE_TLS_PUSH, class, p, rest.head);
    tls_room room = (tls_room)(head ? limit / 2 : limit) - 1;
    tiny_front_open(class, p, room);
    thread->balance[class] = length + room;
    tiny_front_trace_head(TRACE_DRAIN, class + 1);
}

#endif

static void flush_class(struct thread *thread, unsigned class)
{
#if HAK_FRONT_CACHE
    unified_cache_empty(thread, class, &thread->spill[class]);
    struct chain *spill = &thread->spill[class];
    void *list = spill->head;
    struct chain rest = tiny_return_blocks(thread, class, spill->head, spill->count);
    *spill = (struct chain){.head = rest.head, .count = spill->count - rest.count};
    tiny_test_spill(spill, class);
    *spill = (struct chain){.head = NULL};
    thread->kept[class] = 0;
#else
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    void *list = bin->head;
    int64_t length = thread->balance[class] - bin->room;
    *bin = (struct tls_bin){.head = NULL};
    thread->balance[class] = 0;
    /* Bounded by the length that the list should have: one that has become a circle ends, too. */
    uint32_t most = (uint32_t)(length > 0 ? length : 0) + LIST_TOLERANCE;
    if (tiny_return_blocks(thread, class, list, most).head)
        tiny_report_length(class);
#endif
    if (list) {
        trace_next(TRACE_TLS_POP_CLEAR, class, list, NULL);
        trace_head(TRACE_TLS_POP_CLEAR, class, NULL, 0);
        kpi_count(thread->kpi_slot, HAK_KPI_TINY_FLUSHES);
    }
    struct slab *slab = thread->current[class];
    thread->current[class] = NULL;
    if (!slab)
        return;
    pool_release(slab);
    kpi_count(thread->kpi_slot, HAK_KPI_POOL_RELEASES);
}

void tiny_flush(struct thread *thread)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        flush_class(thread, class);
    shelf_clear(&thread->shelf, os_clock_coarse_ns());
}

void tiny_age(struct thread *thread, uint64_t now)
{
    if (HAK_LIKELY(now < thread->age_at))
        return;
    bool first = thread->age_at == 0;
    thread->age_at = now + HAK_PURGE_NS / 4;
    if (first)
        return;
    for (unsigned class = 0; class < HAK_CLASSES; class ++) {
        /* A slab that nothing was carved from yet, a prewarmed one, keeps nothing back. */
        struct slab *slab = thread->current[class];
        bool fresh = slab && atomic_load_explicit(&slab->carved, memory_order_relaxed) == 0;
        if (!thread->seen[class] && !fresh)
            flush_class(thread, class);
        thread->seen[class] = false;
    }
    shelf_age(&thread->shelf, now);
}
