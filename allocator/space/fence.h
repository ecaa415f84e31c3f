/* The guard layer's fences: pages of a SuperSlab that cannot be touched, namely those between its
 * metadata and its first slab, which nobody needs, and the last of its last slab, before the next
 * SuperSlab's metadata. So an overflow that runs on ends there. */
#ifndef HAK_FENCE_H
#define HAK_FENCE_H

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"

/* The part of the last slab of a SuperSlab that serves blocks. */
#define FENCE_LAST_SLAB (HAK_SLAB - (HAK_LAYER_GUARD ? HAK_PAGE : 0))

/* Puts the fences of a SuperSlab up or takes them away. False when the system refuses. */
HAK_INLINE bool fence_set(void *superslab, bool up)
{
    char *first = (char *)superslab + HAK_PAGE;
    char *last = (char *)superslab + HAK_SUPERSLAB - HAK_PAGE;
    return os_fence(first, HAK_SLAB - HAK_PAGE, up) & os_fence(last, HAK_PAGE, up);
}

#endif
