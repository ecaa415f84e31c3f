#include "allocator/space/window.h"

#include <errno.h>
#include <stdatomic.h>

#include "allocator/base/os.h"
#include "allocator/space/registry.h"

/* Under these sanitizers most of the address space is their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PLACE_IS_FREE 0
#else
#define PLACE_IS_FREE 1
#endif

#define WINDOW_MIN (512 * HAK_SUPERSLAB)

static struct window window;
static struct {
    _Atomic uintptr_t next;
    uintptr_t end;
} parts[2];

/* The size of the user's address space: its stacks are at the top of it. */
static uintptr_t address_space(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return 1ul << (64 - __builtin_clzl(here));
}

/* A place in the second eighth to the fourth of the address space. The kernel maps from the top
 * down, and programs that are not relocated have their data and heap at the bottom; of those that
 * are, they lie at two thirds. Zero when somebody is there. */
static uintptr_t choose(uintptr_t space, size_t size)
{
    uintptr_t places = (space / 2 - space / 8 - size) >> HAK_SUPERSLAB_SHIFT;
    uintptr_t number = os_addresses_are_fixed() ? places / 2 : os_random() % places;
    uintptr_t start = space / 8 + (number << HAK_SUPERSLAB_SHIFT);
    enum os_mapped mapped = os_map_fixed((void *)start, HAK_SUPERSLAB);
    if (mapped == OS_MAPPED)
        os_unmap((void *)start, HAK_SUPERSLAB);
    return mapped == OS_OCCUPIED ? 0 : start;
}

/* Where nothing can be chosen, the lower half of a hole that the kernel knows: it maps from the top
 * down, so that this half is taken last. */
static void find(size_t size)
{
    for (; size >= WINDOW_MIN; size /= 2) {
        uintptr_t hole = (uintptr_t)os_find_room(2 * size);
        if (hole) {
            window.start = (hole + HAK_SUPERSLAB - 1) & ~(HAK_SUPERSLAB - 1);
            window.end = window.start + size;
            return;
        }
    }
}

void window_init(void)
{
    enum { TRIES = 8 };
    int saved = errno;
    uintptr_t space = address_space();
    size_t size = space / 8 < HAK_WINDOW ? space / 8 : HAK_WINDOW;
    for (int i = 0; PLACE_IS_FREE && size >= WINDOW_MIN && !window.start && i < TRIES; i++) {
        window.start = choose(space, size);
        window.end = window.start ? window.start + size : 0;
    }
    if (!window.start)
        find(size);
    window.middle = window.start + (window.end - window.start) / 2;
    parts[WINDOW_SUPERSLABS].end = window.middle;
    parts[WINDOW_SPANS].end = window.end;
    atomic_store_explicit(&parts[WINDOW_SUPERSLABS].next, window.start + REGISTRY_TABLES,
                          memory_order_relaxed);
    atomic_store_explicit(&parts[WINDOW_SPANS].next, window.middle, memory_order_relaxed);
    registry_set_window((void *)window.start);
    errno = saved;
}

struct window window_get(void)
{
    return window;
}

/* The mapping itself tells whose a place is: only one of two threads that try the same one gets it,
 * and to the other it is occupied like any. So `next` need not be exact, and both may advance it.
 * Steps over what is occupied grow to a GiB, so that few tries cross a large mapping of somebody
 * else. */
void *window_grow(enum window_part part, size_t size)
{
    enum { TRIES = 64, SMALL = 4 };
    const size_t step_max = 1ul << 30;
    size_t step = size;
    _Atomic uintptr_t *next = &parts[part].next;
    for (int i = 0; i < TRIES; i++) {
        uintptr_t at = atomic_load_explicit(next, memory_order_relaxed);
        if (parts[part].end - at < size)
            return NULL;
        enum os_mapped mapped = os_map_fixed((void *)at, size);
        if (mapped == OS_REFUSED)
            return NULL;
        uintptr_t expected = at, after = at + (mapped == OS_MAPPED ? size : step);
        if (after > parts[part].end)
            after = parts[part].end;
        atomic_compare_exchange_strong_explicit(next, &expected, after, memory_order_relaxed,
                                                memory_order_relaxed);
        if (mapped == OS_MAPPED)
            return (void *)at;
        if (i >= SMALL && step < step_max)
            step *= 2;
    }
    return NULL;
}

void *window_skip(enum window_part part, size_t size)
{
    _Atomic uintptr_t *next = &parts[part].next;
    uintptr_t at = atomic_load_explicit(next, memory_order_relaxed);
    do {
        if (parts[part].end - at < size)
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(next, &at, at + size, memory_order_relaxed,
                                                    memory_order_relaxed));
    return (void *)at;
}
