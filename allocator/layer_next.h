/* L3, next: a link is tested when a list is popped or walked, and a list with a bad one is dropped.
 *
 * Links are stored encoded (layout.h), so that a pointer or a small number written over one decodes
 * to an address that is none of ours, and nobody can aim one without knowing the secret. */
#ifndef HAK_NEXT_H
#define HAK_NEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "allocator/registry.h"

/* Can a list of the bin continue at this address? It must stand in a slab of the class, on a
 * multiple of 8: rotating by 3 makes a pointer that does not huge. */
HAK_INLINE bool next_is_plausible(const void *next, size_t bin)
{
    uintptr_t offset = (uintptr_t)next - registry_window;
    uintptr_t granule = (offset >> 3 | offset << 61) >> (HAK_SLAB_SHIFT - 3);
    return HAK_LIKELY(granule < HAK_GRANULES) && registry_granule_bin(granule) == bin;
}

#endif
