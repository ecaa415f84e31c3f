#include "allocator/pool_internal.h"

#include "allocator/registry.h"

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

/* An EMPTY slab from the stock: a warm one, else a fresh one, else one whose pages were given back.
 * NULL when the stock is out. */
static struct slab *take_stock_locked(void)
{
    struct pool_stock *stock = &pool_stock;
    struct slab *slab = stock->recent_first;
    if (slab) {
        stock->recent_first = slab->next;
        if (slab->next)
            slab->next->prev = NULL;
        else
            stock->recent_last = NULL;
        stock->slabs_recent--;
        return slab;
    }
    slab = stock->purged;
    if (slab) {
        stock->purged = slab->next;
        return slab;
    }
    if (stock->fresh && stock->fresh_next < HAK_SLABS)
        return (struct slab *)stock->fresh + stock->fresh_next++;
    return NULL;
}

static struct slab *take_stock(void)
{
    struct pool_stock *stock = &pool_stock;
    lock_acquire(&stock->lock);
    struct slab *slab = take_stock_locked();
    stock->slabs_used += slab != NULL;
    lock_release(&stock->lock);
    if (slab)
        return slab;

    /* Made without the lock. Should another thread have made one meanwhile, the slabs of the older
     * that are not used yet go to the stock as purged ones, which is what they are: without pages.
     */
    struct superslab *superslab = superslab_create(SUPERSLAB_SLABS);
    if (!superslab)
        return NULL;
    lock_acquire(&stock->lock);
    for (; stock->fresh && stock->fresh_next < HAK_SLABS; stock->fresh_next++) {
        struct slab *unused = (struct slab *)stock->fresh + stock->fresh_next;
        unused->next = stock->purged;
        stock->purged = unused;
    }
    stock->fresh = superslab;
    stock->fresh_next = 2; /* 0 is the metadata, 1 is taken here */
    stock->slabs_used++;
    lock_release(&stock->lock);
    return (struct slab *)superslab + 1;
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
    slab->stride = size_classes[class].stride;
    slab_set_state(slab, class, SLAB_HELD);
    atomic_store_explicit(&slab->remote, REMOTE_HELD, memory_order_relaxed);
    registry_set_bin(slab_start(slab), class + 1);
    return slab;
}
