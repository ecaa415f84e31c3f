/* L4, freelist: when a thread adopts what has gathered in a slab, its first block and that one's
 * link must stand in the slab, on its strides. */
#ifndef HAK_FREELIST_H
#define HAK_FREELIST_H

#include <stdbool.h>

#include "allocator/layers/chain.h"
#include "allocator/space/superslab.h"

/* False, and reported: the chain must not be used. */
bool freelist_test(const struct slab *slab, const struct chain *chain);

#endif
