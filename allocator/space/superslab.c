#include "allocator/space/superslab.h"

#include "allocator/base/os.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/space/fence.h"
#include "allocator/space/registry.h"
#include "allocator/space/window.h"

static uintptr_t window_start, window_end;
static _Atomic uintptr_t window_next;
static _Atomic uint64_t created;

/* SuperSlabs that nobody uses, last in, first out. */
#define RANK_SPARE 160
static struct os_lock spare_lock = {.rank = RANK_SPARE};
static struct superslab *spare;
static struct superslab *hollow; /* likewise, but only their first page is mapped */

void superslab_init(void)
{
    struct window window = window_get();
    window_start = window.start;
    window_end = window.middle;
    atomic_store_explicit(&window_next, window_start, memory_order_relaxed);
}

/* The next unit of the window, readable and writable; NULL when the window is used up or the system
 * refuses. */
static void *take_from_window(void)
{
    if (atomic_load_explicit(&window_next, memory_order_relaxed) >= window_end)
        return NULL;
    uintptr_t unit = atomic_fetch_add_explicit(&window_next, HAK_SUPERSLAB, memory_order_relaxed);
    if (unit >= window_end)
        return NULL;
    if (os_commit((void *)unit, HAK_SUPERSLAB))
        return (void *)unit;
    /* Give the unit back if nobody took the next one meanwhile; else its address space is lost,
     * nothing more. */
    uintptr_t next = unit + HAK_SUPERSLAB;
    atomic_compare_exchange_strong_explicit(&window_next, &next, unit, memory_order_relaxed,
                                            memory_order_relaxed);
    return NULL;
}

static bool is_inside_window(const void *p)
{
    return (uintptr_t)p >= window_start && (uintptr_t)p < window_end;
}

/* A hollow SuperSlab whose place is still free, whole again; NULL when there is none. */
static struct superslab *refill_hollow(void)
{
    for (;;) {
        lock_acquire(&spare_lock);
        struct superslab *superslab = hollow;
        if (superslab)
            hollow = superslab->next;
        lock_release(&spare_lock);
        if (superslab)
            superslab->fenced = false;
        /* One whose place is taken is forgotten: its first page stays, and says all is EMPTY. */
        if (!superslab || os_map_fixed((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE))
            return superslab;
    }
}

static struct superslab *create(void)
{
    void *memory = take_from_window();
    bool inside = memory != NULL;
    if (!inside && (memory = refill_hollow()))
        return memory;
    if (!inside)
        memory = os_map_aligned(HAK_SUPERSLAB, HAK_SUPERSLAB);
    if (!memory)
        return NULL;
    if (!registry_insert(memory, REGISTRY_SUPERSLAB, memory)) {
        if (!inside)
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
    struct superslab *superslab = spare;
    if (superslab)
        spare = superslab->next;
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
    superslab->next = spare;
    spare = superslab;
    lock_release(&spare_lock);
}

/* Takes one due SuperSlab with memory off the list; NULL when there is none. */
static struct superslab *take_due(uint64_t before)
{
    struct superslab *found = NULL;
    lock_acquire(&spare_lock);
    for (struct superslab **link = &spare; *link; link = &(*link)->next)
        if ((*link)->dirty && (*link)->idle_since <= before) {
            found = *link;
            *link = found->next;
            break;
        }
    lock_release(&spare_lock);
    return found;
}

uint64_t superslab_purge(uint64_t before)
{
    uint64_t bytes = 0;
    struct superslab *superslab;
    while ((superslab = take_due(before))) {
        if (os_purge((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE)) {
            bytes += (uint64_t)__builtin_popcount(superslab->dirty) * HAK_SLAB;
            superslab->dirty = 0;
        }
        /* What the system refused is not asked for again before it has been used. */
        superslab->idle_since = UINT64_MAX;
        lock_acquire(&spare_lock);
        superslab->next = spare;
        spare = superslab;
        lock_release(&spare_lock);
    }
    return bytes;
}

void superslab_hollow_out(void)
{
    lock_acquire(&spare_lock);
    struct superslab *kept = NULL, *next;
    for (struct superslab *superslab = spare; superslab; superslab = next) {
        next = superslab->next;
        bool inside = is_inside_window(superslab);
        if (!inside) {
            os_unmap((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE);
            superslab->dirty = 0;
        }
        struct superslab **list = inside ? &kept : &hollow;
        superslab->next = *list;
        *list = superslab;
    }
    spare = kept;
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
