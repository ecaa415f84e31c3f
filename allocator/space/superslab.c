#include "allocator/space/superslab.h"

#include "allocator/base/os.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/space/fence.h"
#include "allocator/space/registry.h"
#include "allocator/space/window.h"

static _Atomic uint64_t created;

/* SuperSlabs that nobody uses, last in, first out. */
#define RANK_SPARE 160
static struct os_lock spare_lock = {.rank = RANK_SPARE};
static struct superslab *warm, *warm_last; /* those with memory, the last given first */
static struct superslab *cold;             /* those that need no purge */
static struct superslab *hollow;           /* those of which only the first page is mapped */

/* Under the lock. */
static void push(struct superslab **list, struct superslab *superslab)
{
    superslab->next = *list;
    *list = superslab;
}

static struct superslab *pop(struct superslab **list)
{
    struct superslab *superslab = *list;
    if (superslab)
        *list = superslab->next;
    return superslab;
}

static struct superslab *pop_warm(void)
{
    struct superslab *superslab = pop(&warm);
    if (warm)
        warm->prev = NULL;
    else
        warm_last = NULL;
    return superslab;
}

/* A hollow SuperSlab, whole again; NULL when there is none or the system refuses. */
static struct superslab *refill_hollow(void)
{
    for (;;) {
        lock_acquire(&spare_lock);
        struct superslab *superslab = pop(&hollow);
        lock_release(&spare_lock);
        if (!superslab)
            return NULL;
        enum os_mapped mapped =
            os_map_fixed((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE);
        if (mapped == OS_MAPPED)
            return superslab;
        /* One whose place is taken is forgotten: its first page stays, and says all is EMPTY. */
        if (mapped == OS_OCCUPIED)
            continue;
        lock_acquire(&spare_lock);
        push(&hollow, superslab);
        lock_release(&spare_lock);
        return NULL;
    }
}

/* Hollow ones first: their places and their entries in the registry are there already. */
static struct superslab *create(void)
{
    struct superslab *superslab = refill_hollow();
    if (superslab || registry_is_full())
        return superslab;
    void *memory = window_grow(WINDOW_SUPERSLABS, HAK_SUPERSLAB);
    if (!memory)
        memory = os_map_aligned(HAK_SUPERSLAB, HAK_SUPERSLAB);
    if (!memory)
        return NULL;
    if (!registry_cover(memory) || !registry_insert(memory, REGISTRY_SUPERSLAB, memory)) {
        os_unmap(memory, HAK_SUPERSLAB);
        return NULL;
    }
    atomic_fetch_add_explicit(&created, HAK_SUPERSLAB, memory_order_relaxed);
    kpi_add(HAK_KPI_SUPERSLAB_BYTES_MAPPED, HAK_SUPERSLAB);
    return memory;
}

struct superslab *superslab_take(enum superslab_kind kind)
{
    lock_acquire(&spare_lock);
    struct superslab *superslab = warm ? pop_warm() : pop(&cold);
    lock_release(&spare_lock);
    if (!superslab)
        superslab = create();
    if (!superslab)
        return NULL;
    bool fenced = HAK_LAYER_GUARD && kind == SUPERSLAB_SLABS;
    if (fenced != superslab->fenced) {
        /* Without room for more mappings it does without fences; but what has one stays. */
        if (!fence_set(superslab, fenced) && !fenced) {
            superslab_give(superslab);
            return NULL;
        }
        superslab->fenced = fenced;
    }
    atomic_store_explicit(&superslab->kind, kind, memory_order_relaxed);
    return superslab;
}

void superslab_give(struct superslab *superslab)
{
    atomic_store_explicit(&superslab->kind, SUPERSLAB_SPARE, memory_order_relaxed);
    superslab->empty = 0;
    superslab->idle_since = os_clock_coarse_ns();
    lock_acquire(&spare_lock);
    if (superslab->dirty) {
        superslab->prev = NULL;
        if (warm)
            warm->prev = superslab;
        else
            warm_last = superslab;
        push(&warm, superslab);
    } else {
        push(&cold, superslab);
    }
    lock_release(&spare_lock);
}

/* Takes the one off the list that was given longest ago; NULL when that is not due. */
static struct superslab *take_due(uint64_t before, struct budget *budget)
{
    lock_acquire(&spare_lock);
    struct superslab *due = warm_last;
    if (due && due->idle_since > before)
        due = NULL;
    if (due && budget_is_spent(budget)) {
        budget->more = true;
        due = NULL;
    }
    if (due) {
        warm_last = due->prev;
        if (warm_last)
            warm_last->next = NULL;
        else
            warm = NULL;
    }
    lock_release(&spare_lock);
    return due;
}

uint64_t superslab_purge(uint64_t before, struct budget *budget)
{
    uint64_t bytes = 0;
    struct superslab *superslab;
    while ((superslab = take_due(before, budget))) {
        uint64_t dirty = (uint64_t)__builtin_popcount(superslab->dirty) * HAK_SLAB;
        if (os_purge((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE)) {
            bytes += dirty;
            superslab->dirty = 0;
        }
        budget_spend(budget, dirty + BUDGET_CALL);
        /* What the system refused is not asked for again before it has been used. */
        lock_acquire(&spare_lock);
        push(&cold, superslab);
        lock_release(&spare_lock);
    }
    return bytes;
}

void superslab_hollow_out(void)
{
    lock_acquire(&spare_lock);
    struct superslab *kept = NULL, *superslab;
    while ((superslab = warm ? pop_warm() : pop(&cold))) {
        bool done = os_unmap((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE);
        if (done) {
            superslab->dirty = 0;
            superslab->fenced = false;
        }
        push(done ? &hollow : &kept, superslab);
    }
    cold = kept;
    lock_release(&spare_lock);
}

void superslab_fork(lock_step *step)
{
    step(&spare_lock);
}

uint64_t superslab_bytes(void)
{
    return atomic_load_explicit(&created, memory_order_relaxed);
}
