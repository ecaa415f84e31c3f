#include "allocator/slabs/pool_internal.h"

#include "allocator/layers/layer_head.h"
#include "allocator/space/fence.h"
#include "allocator/space/registry.h"

void pool_list_append(struct pool_class *list, struct slab *slab)
{
    slab->next = NULL;
    slab->prev = list->last;
    if (list->last)
        list->last->next = slab;
    else
        list->first = slab;
    list->last = slab;
}

void pool_list_remove(struct pool_class *list, struct slab *slab)
{
    if (slab->prev)
        slab->prev->next = slab->next;
    else
        list->first = slab->next;
    if (slab->next)
        slab->next->prev = slab->prev;
    else
        list->last = slab->prev;
}

/* The oldest PARTIAL slab of the class, HELD, its free blocks in `free`. */
static struct slab *take_partial(unsigned class)
{
    struct pool_class *list = &pool_classes[class];
    lock_acquire(&list->lock);
    struct slab *slab = list->first;
    if (slab) {
        hak_assert(slab_state(slab) == SLAB_PARTIAL && slab_class(slab) == class);
        pool_list_remove(list, slab);
        slab_set_state(slab, class, SLAB_HELD);
    }
    lock_release(&list->lock);
    if (slab) {
        hak_assert(slab->free == NULL);
        struct chain chain = remote_take(slab);
        slab->free = chain.head;
        slab->free_count = chain.count;
    }
    return slab;
}

static struct superslab **stock_list(struct superslab *superslab)
{
    if (!superslab->empty)
        return NULL;
    if (!(superslab->empty & superslab->dirty))
        return &pool_stock.cold;
    return superslab->idle_since == POOL_STUCK ? &pool_stock.stuck : &pool_stock.warm;
}

static void stock_remove(struct superslab **list, struct superslab *superslab)
{
    if (superslab->prev)
        superslab->prev->next = superslab->next;
    else
        *list = superslab->next;
    if (superslab->next)
        superslab->next->prev = superslab->prev;
    else if (list == &pool_stock.warm)
        pool_stock.warm_last = superslab->prev;
}

static void stock_add(struct superslab **list, struct superslab *superslab)
{
    superslab->prev = NULL;
    superslab->next = *list;
    if (*list)
        (*list)->prev = superslab;
    else if (list == &pool_stock.warm)
        pool_stock.warm_last = superslab;
    *list = superslab;
}

bool pool_stock_change(struct superslab *superslab, uint32_t empty, uint32_t dirty,
                       uint64_t idle_since)
{
    struct superslab **from = stock_list(superslab);
    if (from)
        stock_remove(from, superslab);
    pool_stock.slabs_idle -= (uint64_t)__builtin_popcount(superslab->dirty);
    superslab->empty = empty;
    superslab->dirty = dirty;
    superslab->idle_since = idle_since;
    if (empty == SUPERSLAB_ALL)
        return true;
    pool_stock.slabs_idle += (uint64_t)__builtin_popcount(dirty);
    struct superslab **to = stock_list(superslab);
    if (to)
        stock_add(to, superslab);
    return false;
}

/* Takes a slab out of a SuperSlab with EMPTY ones, one with memory if there is one. */
static struct slab *take_slab(struct superslab *superslab)
{
    uint32_t warm = superslab->empty & superslab->dirty;
    uint32_t index = (uint32_t)__builtin_ctz(warm ? warm : superslab->empty);
    uint32_t others = ~(1u << index);
    pool_stock_change(superslab, superslab->empty & others, superslab->dirty & others,
                      superslab->idle_since);
    pool_stock.slabs_used++;
    return (struct slab *)superslab + index;
}

static struct slab *take_stock(void)
{
    struct pool_stock *stock = &pool_stock;
    lock_acquire(&stock->lock);
    struct superslab *superslab = stock->warm ? stock->warm : stock->stuck;
    superslab = superslab ? superslab : stock->cold;
    struct slab *slab = superslab ? take_slab(superslab) : NULL;
    pool_stock_tell();
    lock_release(&stock->lock);
    if (slab)
        return slab;

    superslab = superslab_take(SUPERSLAB_SLABS);
    if (!superslab)
        return NULL;
    if (!head_cover(superslab)) {
        superslab_give(superslab);
        return NULL;
    }
    uint32_t dirty = superslab->dirty;
    superslab->empty = superslab->dirty = 0; /* on no list yet */
    lock_acquire(&stock->lock);
    if (!superslab->counted) {
        superslab->counted = true;
        superslab->counted_next = stock->all;
        stock->all = superslab;
    }
    /* Its first slab is the one that is taken: so it never looks wholly EMPTY here. */
    uint32_t index = (uint32_t)__builtin_ctz(dirty ? dirty : SUPERSLAB_ALL);
    uint32_t others = ~(1u << index);
    pool_stock_change(superslab, SUPERSLAB_ALL & others, dirty & others, os_clock_coarse_ns());
    stock->slabs_used++;
    pool_stock_tell();
    lock_release(&stock->lock);
    return (struct slab *)superslab + index;
}

struct slab *pool_acquire(unsigned class)
{
    hak_assert(class < HAK_CLASSES);
    struct slab *slab = take_partial(class);
    if (slab)
        return slab;
    slab = take_stock();
    if (!slab)
        return NULL;
    hak_assert(slab_state(slab) == SLAB_EMPTY);
    slab->free = NULL;
    slab->free_count = 0;
    atomic_store_explicit(&slab->carved, 0, memory_order_relaxed);
    slab->capacity = size_classes[class].capacity;
    if (HAK_LAYER_GUARD && slab == (struct slab *)superslab_of(slab) + HAK_SLABS - 1)
        slab->capacity =
            (uint32_t)FENCE_LAST_SLAB / size_classes[class].stride - layout_first(class);
    slab->stride = size_classes[class].stride;
    atomic_store_explicit(&slab->pins, 0, memory_order_relaxed);
    if (HAK_LAYER_HEAD)
        head_set_carved(slab_start(slab), (char *)slab_start(slab) + 1);
    slab_set_state(slab, class, SLAB_HELD);
    atomic_store_explicit(&slab->remote, REMOTE_HELD, memory_order_relaxed);
    registry_set_bin(slab_start(slab), class + 1);
    return slab;
}
