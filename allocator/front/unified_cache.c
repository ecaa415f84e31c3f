#include "allocator/front/unified_cache.h"

#if HAK_FRONT_CACHE

#include <string.h>

#include "allocator/diagnostics/kpi.h"
#include "allocator/diagnostics/trace.h"
#include "allocator/layers/layers.h"
#include "allocator/layers/layers_test.h"
#include "allocator/space/arena.h"

/* Slots for blocks; slot 0 of the array comes on top and holds the odd mark. An array may hold more
 * than a drained list does: pushing to it touches no block, so nothing of it grows cold. */
static uint32_t capacity_of(unsigned class)
{
    uint32_t half_a_slab = (uint32_t)(HAK_SLAB / 2) / size_classes[class].stride;
    return half_a_slab < 4 ? 4 : half_a_slab > 256 ? 256 : half_a_slab;
}

/* The class's array, made if there is none; NULL when there is no memory for it. */
static void **array_of(struct thread *thread, unsigned class)
{
    void **array = thread->cache[class];
    if (HAK_UNLIKELY(!array)) {
        array = arena_take((capacity_of(class) + 1) * sizeof *array);
        if (array)
            array[0] = (void *)1;
        thread->cache[class] = array;
    }
    return array;
}

static void open_bin(unsigned class, void **array, uint32_t count)
{
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    bin->limit = array + capacity_of(class);
    bin->top = array + count;
}

/* Blocks in the bin now; closes it. */
static uint32_t close_bin(unsigned class, void **array)
{
    struct tls_bin *bin = &thread_tls.bins[class + 1];
    bool open = bin->limit == array + capacity_of(class);
    uint32_t count = open ? (uint32_t)(bin->top - array) : 0;
    *bin = thread_no_bin();
    return count;
}

/* Pushes array[1 .. count] to the list, the newest block first. */
static void spill(unsigned class, void **array, uint32_t count, struct chain *list)
{
    for (uint32_t i = 1; i <= count; i++) {
        layers_link(array[i], class + 1, list->head);
        trace_next(TRACE_BULK_PUSH, class, array[i], list->head);
        list->head = array[i];
    }
    list->count += count;
    if (count)
        trace_head(TRACE_BULK_PUSH, class, list->head, list->count);
}

void unified_cache_fill(struct thread *thread, unsigned class, struct chain *list)
{
    void **array = array_of(thread, class);
    if (!array)
        return;
    uint32_t before = close_bin(class, array);
    hak_assert(before == 0);
    (void)before;
    uint32_t half = (capacity_of(class) + 1) / 2, count = 0;
    void *end = list->head;
    for (; end && count < half; count++)
        end = layers_walk(end, class);
    void *p = list->head;
    for (uint32_t slot = count; slot > 0; slot--) {
        array[slot] = p;
        p = layout_next((hak_user){p});
        trace_next(TRACE_BULK_POP, class, array[slot], p);
    }
    list->head = end;
    list->count -= list->count < count ? list->count : count;
    open_bin(class, array, count);
    trace_head(TRACE_BULK_POP, class, list->head, list->count);
}

void *unified_cache_take(struct thread *thread, unsigned class)
{
    void **array = thread->cache[class];
    if ((!HAK_LAYER_HEAD && !HAK_LAYER_NEXT) || !array)
        return NULL;
    void *p = NULL;
    uint32_t count = close_bin(class, array);
    while (count && !p) {
        p = array[count--];
        if (!layers_test_leave(p, class))
            p = NULL;
    }
    open_bin(class, array, count);
    if (p) {
        layers_leave(p, class + 1);
        trace_next(TRACE_CACHE_POP, class, p, NULL);
    }
    return p;
}

bool unified_cache_make_room(struct thread *thread, unsigned class, struct chain *list)
{
    void **array = array_of(thread, class);
    if (!array)
        return false;
    uint32_t count = close_bin(class, array);
    uint32_t moved = count == capacity_of(class) ? (count + 1) / 2 : 0;
    spill(class, array, moved, list);
    if (moved)
        kpi_count(thread->kpi_slot, HAK_KPI_TINY_SPILLS);
    memmove(array + 1, array + 1 + moved, (count - moved) * sizeof *array);
    open_bin(class, array, count - moved);
    return true;
}

void unified_cache_empty(struct thread *thread, unsigned class, struct chain *list)
{
    void **array = thread->cache[class];
    if (array)
        spill(class, array, close_bin(class, array), list);
}

#endif
