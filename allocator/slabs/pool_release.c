#include "allocator/slabs/pool_internal.h"

#include "allocator/diagnostics/fail.h"
#include "allocator/layers/layer_guard.h"
#include "allocator/layers/layer_head.h"
#include "allocator/layers/layers_test.h"
#include "allocator/space/registry.h"

#define RANK_CLASS 16 /* of all classes' locks; fork takes them in the order of the classes */
#define RANK_STOCK 128

enum { LAST_CLASS = HAK_CLASSES - 1 };
struct pool_class pool_classes[HAK_CLASSES] = {[0 ... LAST_CLASS] = {.lock.rank = RANK_CLASS}};
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
    struct superslab *superslab = superslab_of(slab);
    uint32_t bit = 1u << (slab - (struct slab *)superslab);
    uint64_t now = os_clock_coarse_ns();
    lock_acquire(&pool_stock.lock);
    pool_stock.slabs_used--;
    bool whole = pool_stock_change(superslab, superslab->empty | bit, superslab->dirty | bit, now);
    pool_stock_tell();
    lock_release(&pool_stock.lock);
    if (whole)
        superslab_give(superslab);
}

/* Lists a slab that nobody holds where its free blocks say: PARTIAL from `wake` on, or when it is
 * not carved to the end; in the stock when it is empty. Several threads may come here for the same
 * slab, late and in any order, even after it went to another class: what they read of it counts
 * only under the lock of the class that they name, and only if the slab still belongs to that
 * class, because leaving (class, FULL) by listing and leaving (class, PARTIAL) need that lock. */
void pool_publish(struct slab *slab, unsigned class)
{
    struct pool_class *list = &pool_classes[class];
    bool empty = false, pinned = false, excess = false;
    lock_acquire(&list->lock);
    uint32_t now = atomic_load_explicit(&slab->class_state, memory_order_relaxed);
    uint64_t word = atomic_load_explicit(&slab->remote, memory_order_acquire);
    bool full = now == slab_word(class, SLAB_FULL);
    bool partial = now == slab_word(class, SLAB_PARTIAL);
    if ((full || partial) && !(word & REMOTE_HELD)) {
        empty = is_empty(slab, word);
        excess = remote_count(word) > atomic_load_explicit(&slab->carved, memory_order_relaxed);
        pinned = empty && guard_holds(slab);
        empty = empty && !pinned;
        if (empty) {
            if (partial)
                pool_list_remove(list, slab);
            slab_set_state(slab, class, SLAB_EMPTY);
        } else if (pinned || excess) {
            /* Its own count is not to be believed: nobody gets it, but it stays ours. */
            if (partial)
                pool_list_remove(list, slab);
            slab_set_state(slab, class, SLAB_FULL);
        } else if (full && is_worth_taking(slab, class, word)) {
            slab_set_state(slab, class, SLAB_PARTIAL);
            pool_list_append(list, slab);
        }
    }
    lock_release(&list->lock);
    if (empty)
        put_stock(slab);
    if (pinned)
        guard_defer(slab);
    if (excess)
        fail_report(&(struct fail_event){.tag = "DRAIN_COUNT",
                                         .layer = "drain",
                                         .action = "slab retired",
                                         .address = slab_start(slab),
                                         .superslab = superslab_of(slab),
                                         .class = (int)class});
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
    void *head = slab->free, *tail = NULL;
    uint32_t count = 0;
    for (void *p = head; p && count < slab->free_count; p = layers_walk(p, class)) {
        tail = p;
        count++;
    }
    slab->free = NULL;
    slab->free_count = 0;
    slab_set_state(slab, class, SLAB_FULL);
    uint64_t old = atomic_load_explicit(&slab->remote, memory_order_relaxed), new;
    do {
        void *others = (void *)(old & REMOTE_ADDRESS);
        if (tail) {
            layers_link(tail, class + 1, others);
            trace_next(TRACE_RELEASE, class, tail, others);
        }
        new = remote_word(head ? head : others, remote_count(old) + count, 0);
    } while (!atomic_compare_exchange_weak_explicit(&slab->remote, &old, new, memory_order_acq_rel,
                                                    memory_order_relaxed));
    pool_publish(slab, class);
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

/* Takes the slabs with memory of one due SuperSlab out of the stock, so that nobody else takes them
 * while their pages are given back. `*slabs` says which; NULL when nothing is due. */
static struct superslab *take_due(uint64_t before, struct budget *budget, uint32_t *slabs)
{
    lock_acquire(&pool_stock.lock);
    struct superslab *due = pool_stock.warm_last;
    if (due && due->idle_since > before)
        due = NULL;
    if (due && budget_is_spent(budget)) {
        budget->more = true;
        due = NULL;
    }
    if (due) {
        *slabs = due->empty & due->dirty;
        pool_stock_change(due, due->empty & ~*slabs, due->dirty & ~*slabs, due->idle_since);
        pool_stock_tell();
    }
    lock_release(&pool_stock.lock);
    return due;
}

/* Purges the slabs of a mask, neighbours in one call. Returns those that the system took. */
static uint32_t purge_slabs(struct superslab *superslab, uint32_t slabs, struct budget *budget)
{
    uint32_t purged = 0;
    while (slabs) {
        uint32_t first = (uint32_t)__builtin_ctz(slabs);
        uint32_t beyond = ~(slabs >> first);
        uint32_t count = beyond ? (uint32_t)__builtin_ctz(beyond) : 32;
        uint32_t run = (uint32_t)(((1ul << count) - 1) << first);
        if (os_purge((char *)superslab + first * HAK_SLAB, count * HAK_SLAB))
            purged |= run;
        budget_spend(budget, count * HAK_SLAB + BUDGET_CALL);
        slabs &= ~run;
    }
    return purged;
}

uint64_t pool_purge(uint64_t before, struct budget *budget)
{
    guard_retry(pool_publish);
    uint64_t bytes = 0;
    uint32_t slabs;
    struct superslab *superslab;
    while ((superslab = take_due(before, budget, &slabs))) {
        uint32_t purged = purge_slabs(superslab, slabs, budget);
        bytes += (uint64_t)__builtin_popcount(purged) * HAK_SLAB;
        lock_acquire(&pool_stock.lock);
        /* What the system refused is not asked for again before another slab joins it. */
        bool whole = pool_stock_change(superslab, superslab->empty | slabs,
                                       superslab->dirty | (slabs & ~purged),
                                       purged == slabs ? superslab->idle_since : POOL_STUCK);
        pool_stock_tell();
        lock_release(&pool_stock.lock);
        if (whole)
            superslab_give(superslab);
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
    uint64_t slabs = pool_stock.slabs_idle;
    lock_release(&pool_stock.lock);
    return slabs * HAK_SLAB;
}

void pool_fork(lock_step *step)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        step(&pool_classes[class].lock);
    guard_fork(step);
    step(&pool_stock.lock);
}
