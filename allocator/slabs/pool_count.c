#include "allocator/slabs/pool_internal.h"

static void count_slab(const struct slab *slab, struct pool_count *count)
{
    if (slab_state(slab) == SLAB_EMPTY)
        return;
    uint64_t back = remote_count(atomic_load_explicit(&slab->remote, memory_order_relaxed));
    uint64_t carved = atomic_load_explicit(&slab->carved, memory_order_relaxed);
    if (back > carved)
        back = carved; /* it went to another class just now */
    count->out_bytes += (carved - back) * size_classes[slab_class(slab)].stride;
    count->free_blocks += back;
}

/* The list only grows, and the record of a SuperSlab stays whatever becomes of it. The holder's own
 * list of free blocks is left out, as only the holder may look at it. */
struct pool_count pool_count(void)
{
    struct pool_count count = {0};
    lock_acquire(&pool_stock.lock);
    struct superslab *superslab = pool_stock.all;
    lock_release(&pool_stock.lock);
    for (; superslab; superslab = superslab->counted_next) {
        if (atomic_load_explicit(&superslab->kind, memory_order_relaxed) != SUPERSLAB_SLABS)
            continue;
        for (unsigned i = 1; i < HAK_SLABS; i++)
            count_slab((const struct slab *)superslab + i, &count);
    }
    return count;
}
