#include "allocator/space/window.h"

#include "allocator/base/os.h"
#include "allocator/space/registry.h"

static struct window window;

void window_init(void)
{
    /* Under a limit, leave most of the address space to everything that is not a SuperSlab. */
    size_t limit = os_address_limit();
    for (size_t size = HAK_WINDOW; size >= 8 * HAK_SUPERSLAB; size /= 2) {
        if (size > limit / 4)
            continue;
        char *raw = os_reserve(size + HAK_SUPERSLAB);
        if (!raw)
            continue;
        window.start = ((uintptr_t)raw + HAK_SUPERSLAB - 1) & ~(HAK_SUPERSLAB - 1);
        window.end = window.start + size;
        /* A small window is all for SuperSlabs: huge blocks do well without one. */
        window.middle = size == HAK_WINDOW ? window.start + size / 2 : window.end;
        break;
    }
    registry_set_window((void *)window.start);
}

struct window window_get(void)
{
    return window;
}
