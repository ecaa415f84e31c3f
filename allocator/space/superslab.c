#include "allocator/space/superslab.h"

#include "allocator/base/os.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/space/fence.h"
#include "allocator/space/registry.h"
#include "allocator/space/table.h"
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

static void put(struct superslab **list, struct superslab *superslab)
{
    lock_acquire(&spare_lock);
    push(list, superslab);
    lock_release(&spare_lock);
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
        put(&hollow, superslab);
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
    if (memory && !registry_cover(memory)) {
        os_unmap(memory, HAK_SUPERSLAB);
        memory = NULL;
    }
    if (!memory)
        memory = os_map_aligned(HAK_SUPERSLAB, HAK_SUPERSLAB);
    if (!memory)
        return NULL;
    if (!registry_insert(memory, REGISTRY_SUPERSLAB, memory)) {
        os_unmap(memory, HAK_SUPERSLAB);
        return NULL;
    }
    atomic_fetch_add_explicit(&created, HAK_SUPERSLAB, memory_order_relaxed);
    kpi_add(HAK_KPI_SUPERSLAB_BYTES_MAPPED, HAK_SUPERSLAB);
    return memory;
}

/* Puts up the fences for its new use. Without room for more mappings it does without; but those of
 * another use must go. */
static bool change_fences(struct superslab *superslab, enum superslab_kind kind)
{
    if (superslab->fenced == kind)
        return true;
    if (superslab->fenced != SUPERSLAB_SPARE &&
        !fence_set(superslab, superslab->fenced == SUPERSLAB_ACE, false))
        return false;
    (void)fence_set(superslab, kind == SUPERSLAB_ACE, true);
    superslab->fenced = kind;
    return true;
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
    if (HAK_LAYER_GUARD && !change_fences(superslab, kind)) {
        superslab_give(superslab);
        return NULL;
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

/* Under the lock. */
static struct superslab *pop_warm_last(void)
{
    struct superslab *superslab = warm_last;
    warm_last = superslab->prev;
    if (warm_last)
        warm_last->next = NULL;
    else
        warm = NULL;
    return superslab;
}

/* Takes the one with memory that was given longest ago off its list, if that is due; if it is not
 * and `any` will do, one without. NULL when there is none. `*last`: there are no others. */
static struct superslab *take_due(uint64_t before, bool any, bool *last, struct budget *budget)
{
    struct superslab *due = NULL;
    lock_acquire(&spare_lock);
    bool is_warm = warm_last && warm_last->idle_since <= before;
    bool is_cold = any && cold && cold->idle_since <= before;
    if (budget_is_spent(budget))
        budget->more |= is_warm || is_cold;
    else if (is_warm)
        due = pop_warm_last();
    else if (is_cold)
        due = pop(&cold);
    *last = !warm && !cold;
    lock_release(&spare_lock);
    return due;
}

/* Of a SuperSlab that stands on no list. */
static bool unmap_all_but_record(struct superslab *superslab)
{
    if (!os_unmap((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE))
        return false;
    superslab->dirty = 0;
    superslab->fenced = SUPERSLAB_SPARE;
    return true;
}

/* In a process with a limit, address space that nobody uses goes back as well: the program may want
 * it for mappings of its own, and for stacks. One SuperSlab stays mapped: see below. */
uint64_t superslab_purge(uint64_t before, struct budget *budget)
{
    uint64_t bytes = 0;
    bool last, limited = os_is_limited();
    struct superslab *superslab;
    while ((superslab = take_due(before, limited, &last, budget))) {
        uint64_t dirty = (uint64_t)__builtin_popcount(superslab->dirty) * HAK_SLAB;
        budget_spend(budget, dirty + BUDGET_CALL);
        if (limited && !last && unmap_all_but_record(superslab)) {
            bytes += dirty;
            put(&hollow, superslab);
            continue;
        }
        if (os_purge((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE)) {
            bytes += dirty;
            superslab->dirty = 0;
        }
        /* What the system refused is not asked for again before it has been used. */
        superslab->idle_since = UINT64_MAX;
        put(&cold, superslab);
    }
    return bytes;
}

/* One stays as it is, so that a large block that was refused does not take the last room from the
 * small ones. */
void superslab_hollow_out(void)
{
    struct superslab *stays = NULL, *superslab;
    for (;;) {
        lock_acquire(&spare_lock);
        superslab = warm ? pop_warm() : pop(&cold);
        lock_release(&spare_lock);
        if (!superslab)
            break;
        if (stays && unmap_all_but_record(superslab)) {
            put(&hollow, superslab);
        } else {
            superslab->next = stays;
            stays = superslab;
        }
    }
    while ((superslab = pop(&stays)))
        superslab_give(superslab);
}

void superslab_fork(lock_step *step)
{
    step(&spare_lock);
    table_fork(step);
}

uint64_t superslab_bytes(void)
{
    return atomic_load_explicit(&created, memory_order_relaxed);
}
