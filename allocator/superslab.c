#include "allocator/superslab.h"

#include "allocator/os.h"
#include "allocator/registry.h"

static uintptr_t window_start, window_end;
static _Atomic uintptr_t window_next;
static _Atomic uint64_t created;

void superslab_init(void)
{
    /* Under a limit of the address space, leave most of it to everything that is not a SuperSlab.
     */
    size_t limit = os_address_limit();
    for (size_t size = HAK_WINDOW; size >= 8 * HAK_SUPERSLAB; size /= 2) {
        if (size > limit / 4)
            continue;
        char *raw = os_reserve(size + HAK_SUPERSLAB);
        if (!raw)
            continue;
        window_start = ((uintptr_t)raw + HAK_SUPERSLAB - 1) & ~(HAK_SUPERSLAB - 1);
        window_end = window_start + size;
        break;
    }
    registry_set_window((void *)window_start);
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

struct superslab *superslab_create(enum superslab_kind kind)
{
    void *memory = take_from_window();
    bool inside = memory != NULL;
    if (!inside)
        memory = os_map_aligned(HAK_SUPERSLAB, HAK_SUPERSLAB);
    if (!memory)
        return NULL;
    struct superslab *superslab = memory;
    superslab->kind = kind;
    if (!registry_insert(superslab, REGISTRY_SUPERSLAB, superslab)) {
        if (!inside)
            os_unmap(memory, HAK_SUPERSLAB);
        return NULL;
    }
    atomic_fetch_add_explicit(&created, HAK_SUPERSLAB, memory_order_relaxed);
    return superslab;
}

uint64_t superslab_bytes(void)
{
    return atomic_load_explicit(&created, memory_order_relaxed);
}
