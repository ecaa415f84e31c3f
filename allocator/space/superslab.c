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
static struct superslab *spare;
static struct superslab *hollow; /* likewise, but only their first page is mapped */

/* A hollow SuperSlab, whole again; NULL when there is none or the system refuses. */
static struct superslab *refill_hollow(void)
{
    for (;;) {
        lock_acquire(&spare_lock);
        struct superslab *superslab = hollow;
        if (superslab)
            hollow = superslab->next;
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
        superslab->next = hollow;
        hollow = superslab;
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
        bool done = os_unmap((char *)superslab + HAK_PAGE, HAK_SUPERSLAB - HAK_PAGE);
        if (done) {
            superslab->dirty = 0;
            superslab->fenced = false;
        }
        struct superslab **list = done ? &hollow : &kept;
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
