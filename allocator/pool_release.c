#include "allocator/pool_internal.h"

#include "allocator/registry.h"

#define RANK_CLASS 16 /* ranks RANK_CLASS + class; see thread.c for the whole order */
#define RANK_STOCK 128

struct pool_class pool_classes[HAK_CLASSES];
struct pool_stock pool_stock = {.lock.rank = RANK_STOCK};

static bool is_empty(struct slab *slab, uint64_t word)
{
    return remote_count(word) == atomic_load_explicit(&slab->carved, memory_order_relaxed);
}

static bool is_worth_taking(struct slab *slab, unsigned class, uint64_t word)
{
    return remote_count(word) >= size_classes[class].wake ||
           atomic_load_explicit(&slab->carved, memory_order_relaxed) < slab->capacity;
}

/* Takes a slab that the caller has made EMPTY, so that nobody else touches it, into the stock. */
static void put_stock(struct slab *slab)
{
    registry_set_bin(slab_start(slab), 0);
    atomic_store_explicit(&slab->remote, 0, memory_order_relaxed);
    slab->free = NULL;
    slab->free_count = 0;
    slab->idle_since = os_clock_coarse_ns();
    struct pool_stock *stock = &pool_stock;
    lock_acquire(&stock->lock);
    slab->prev = NULL;
    slab->next = stock->recent_first;
    if (slab->next)
        slab->next->prev = slab;
    else
        stock->recent_last = slab;
    stock->recent_first = slab;
    stock->slabs_recent++;
    stock->slabs_used--;
    lock_release(&stock->lock);
}

/* Lists a slab that nobody holds where its free blocks say: PARTIAL from `wake` on, or when it is
 * not carved to the end; in the stock when it is empty. Several threads may come here for the same
 * slab, late and in any order, even after it went to another class: what they read of it counts
 * only under the lock of the class that they name, and only if the slab still belongs to that
 * class, because leaving (class, FULL) by listing and leaving (class, PARTIAL) need that lock. */
static void publish(struct slab *slab, unsigned class)
{
    struct pool_class *list = &pool_classes[class];
    bool empty = false;
    lock_acquire(&list->lock);
    uint32_t now = atomic_load_explicit(&slab->class_state, memory_order_relaxed);
    uint64_t word = atomic_load_explicit(&slab->remote, memory_order_acquire);
    bool full = now == slab_word(class, SLAB_FULL);
    bool partial = now == slab_word(class, SLAB_PARTIAL);
    if ((full || partial) && !(word & REMOTE_HELD)) {
        empty = is_empty(slab, word);
        if (partial && empty)
            pool_list_remove(list, slab);
        if (empty) {
            slab_set_state(slab, class, SLAB_EMPTY);
        } else if (full && is_worth_taking(slab, class, word)) {
            slab_set_state(slab, class, SLAB_PARTIAL);
            pool_list_append(list, slab);
        }
    }
    lock_release(&list->lock);
    if (empty)
        put_stock(slab);
}

bool pool_park(struct slab *slab)
{
    unsigned class = slab_class(slab);
    hak_assert(slab_state(slab) == SLAB_HELD && slab->free == NULL);
    hak_assert(atomic_load_explicit(&slab->carved, memory_order_relaxed) == slab->capacity);
    /* FULL is set before the word says that nobody holds the slab: whoever pushes it awake reads
     * the word first. */
    slab_set_state(slab, class, SLAB_FULL);
    if (remote_let_go(slab))
        return true;
    slab_set_state(slab, class, SLAB_HELD);
    return false;
}

void pool_release(struct slab *slab)
{
    unsigned class = slab_class(slab);
    hak_assert(slab_state(slab) == SLAB_HELD);
    void *head = slab->free, *tail = head;
    uint32_t count = slab->free_count;
    while (tail && *(void **)tail)
        tail = *(void **)tail;
    slab->free = NULL;
    slab->free_count = 0;
    slab_set_state(slab, class, SLAB_FULL);
    uint64_t old = atomic_load_explicit(&slab->remote, memory_order_relaxed), new;
    do {
        void *others = (void *)(old & REMOTE_ADDRESS);
        if (tail)
            *(void **)tail = others;
        new = remote_word(head ? head : others, remote_count(old) + count, 0);
    } while (!atomic_compare_exchange_weak_explicit(&slab->remote, &old, new, memory_order_acq_rel,
                                                    memory_order_relaxed));
    publish(slab, class);
}

void pool_offer(struct slab *slab)
{
    unsigned class = slab_class(slab);
    struct pool_class *list = &pool_classes[class];
    hak_assert(slab_state(slab) == SLAB_HELD && slab->free == NULL);
    lock_acquire(&list->lock);
    slab_set_state(slab, class, SLAB_PARTIAL);
    atomic_fetch_and_explicit(&slab->remote, ~REMOTE_HELD, memory_order_release);
    pool_list_append(list, slab);
    lock_release(&list->lock);
}

void pool_push(struct slab *slab, void *head, void *tail, uint32_t count)
{
    /* The caller's blocks are not back yet, so the slab cannot become EMPTY and its class is what
     * it is. */
    unsigned class = slab_class(slab);
    uint32_t wake = size_classes[class].wake;
    uint64_t old = remote_push(slab, head, tail, count);
    if (old & REMOTE_HELD)
        return;
    uint32_t before = remote_count(old), after = before + count;
    uint32_t carved = atomic_load_explicit(&slab->carved, memory_order_relaxed);
    if ((before < wake && after >= wake) || after == carved)
        publish(slab, class);
}

/* Takes up to `room` slabs out of the warm end of the stock that are due, oldest first. */
static size_t take_due(struct slab **due, size_t room, uint64_t before)
{
    struct pool_stock *stock = &pool_stock;
    size_t n = 0;
    lock_acquire(&stock->lock);
    while (n < room && stock->recent_last && stock->recent_last->idle_since <= before) {
        struct slab *slab = stock->recent_last;
        stock->recent_last = slab->prev;
        if (slab->prev)
            slab->prev->next = NULL;
        else
            stock->recent_first = NULL;
        stock->slabs_recent--;
        due[n++] = slab;
    }
    lock_release(&stock->lock);
    return n;
}

uint64_t pool_purge(uint64_t before)
{
    uint64_t bytes = 0;
    struct slab *due[64];
    size_t n;
    while ((n = take_due(due, sizeof due / sizeof *due, before)) > 0) {
        for (size_t i = 0; i < n; i++)
            bytes += os_purge(slab_start(due[i]), HAK_SLAB) ? HAK_SLAB : 0;
        struct pool_stock *stock = &pool_stock;
        lock_acquire(&stock->lock);
        for (size_t i = 0; i < n; i++) {
            due[i]->next = stock->purged;
            stock->purged = due[i];
        }
        lock_release(&stock->lock);
    }
    return bytes;
}

uint64_t pool_used_bytes(void)
{
    lock_acquire(&pool_stock.lock);
    uint64_t slabs = pool_stock.slabs_used;
    lock_release(&pool_stock.lock);
    return slabs * HAK_SLAB;
}

uint64_t pool_idle_bytes(void)
{
    lock_acquire(&pool_stock.lock);
    uint64_t slabs = pool_stock.slabs_recent;
    lock_release(&pool_stock.lock);
    return slabs * HAK_SLAB;
}

void pool_fork_prepare(void)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        lock_acquire_nested(&pool_classes[class].lock);
    lock_acquire_nested(&pool_stock.lock);
}

void pool_fork_parent(void)
{
    lock_release_nested(&pool_stock.lock);
    for (unsigned class = HAK_CLASSES; class -- > 0;)
        lock_release_nested(&pool_classes[class].lock);
}

void pool_fork_child(void)
{
    lock_reset(&pool_stock.lock);
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        lock_reset(&pool_classes[class].lock);
}
