/* L3, next: a link is tested when a list is popped or walked, and a list with a bad one is dropped.
 *
 * Links are stored sealed (layout.h): xor a product of the block's address and a secret. What was
 * not written by us as the link of that very block - a pointer, a number, text, zeros, another
 * block's link - decodes to a word that is as good as random: one in 2^33 lies where SuperSlabs
 * stand when they are 2 GiB, and passes for a link (of fewer, one in more). Nobody can aim one
 * without the secret. That is all that the hot path asks;
 * slow paths look at the class, too. (To ask only for the 17 zeros on top of every address would
 * save an instruction and miss one in 2^17, which tests of thousands of cases do meet.) */
#ifndef HAK_NEXT_H
#define HAK_NEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "allocator/space/registry.h"

/* Is this what was stored as a link to a block of the window, or to none? */
HAK_INLINE bool next_fits(const void *next)
{
    return HAK_LIKELY(registry_reaches(registry_offset(next))) || HAK_LIKELY(!next);
}

/* Can a list of the bin continue at this address? It must stand in a slab of the class, on a
 * multiple of 8. */
HAK_INLINE bool next_is_plausible(const void *next, size_t bin)
{
    uintptr_t offset = registry_offset(next);
    return HAK_LIKELY(registry_reaches(offset)) && HAK_LIKELY((offset & 7) == 0) &&
           registry_offset_bin(offset) == bin;
}

#endif
