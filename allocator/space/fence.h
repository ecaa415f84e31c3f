/* The guard layer's fences: pages of a SuperSlab that cannot be touched, namely some between its
 * metadata and its first block, which nobody needs, and its last, before the next SuperSlab's
 * metadata. So an overflow that runs on ends there, in either direction. What follows from it for
 * those who cut a SuperSlab up stands here, too. */
#ifndef HAK_FENCE_H
#define HAK_FENCE_H

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"

#define FENCE_PAGES (HAK_LAYER_GUARD ? 1u : 0u)

/* The part of the last slab of a SuperSlab that serves blocks. */
#define FENCE_LAST_SLAB (HAK_SLAB - FENCE_PAGES * HAK_PAGE)
/* The first page of an ACE region that serves blocks, after slab records, its own record and a
 * fence, and how many do. */
#define FENCE_REGION_FIRST (2u + FENCE_PAGES)
#define FENCE_REGION_PAGES ((uint32_t)(HAK_SUPERSLAB / HAK_PAGE) - FENCE_REGION_FIRST - FENCE_PAGES)

/* Puts the fences of a SuperSlab up or takes them away: of an ACE region, or of one cut into
 * slabs. False when the system refuses any. */
HAK_INLINE bool fence_set(void *superslab, bool is_region, bool up)
{
    char *start = superslab;
    char *first = start + (is_region ? 2 : 1) * HAK_PAGE;
    char *end = start + (is_region ? FENCE_REGION_FIRST * HAK_PAGE : HAK_SLAB);
    return os_fence(first, (size_t)(end - first), up) &
           os_fence(start + HAK_SUPERSLAB - HAK_PAGE, HAK_PAGE, up);
}

#endif
