/* The room layers: the five optional defences against corruption.
 *
 * Owns: one Box a layer (layer_pin.h, layer_guard.h, layer_next.h, layer_freelist.h, layer_head.h),
 * the questions that the hot path asks (layers.h) and those of the slow paths (layers_test.h), and
 * the chain, the form in which lists of free blocks are handed on (chain.h).
 * Must not know: which list a block is in, who holds a slab, what is done after a no. A layer
 * answers and reports; the caller decides.
 * Who calls in: slabs when blocks come and go in chains, front at every pop and push, process when
 * a program frees, and once at start-up. */

/* The five defensive layers, as the hot path sees them.
 *
 *     L1 pin       counts the blocks of a slab that are out of it
 *     L2 guard     does not release a slab that is pinned
 *     L3 next      tests links when a list is walked or popped, encodes them
 *     L4 freelist  tests a slab's free list when a thread adopts it
 *     L5 head      tests a block before it enters or leaves a list
 *
 * Each is a Box of its own (layer_*.h), and a constant (config.h); a layer that is off leaves no
 * code. The hot path only asks yes or no, and on a no takes the exit to its slow path, which finds
 * out what is wrong and reports it (layers_test.h). Built with HAK_LAYERS_ABSENT nothing of the
 * layers is there at all: so it can be shown that a layer that is off costs what one that does not
 * exist costs. */
#ifndef HAK_LAYERS_H
#define HAK_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "allocator/base/layout.h"

#if defined HAK_LAYERS_ABSENT

HAK_INLINE bool layers_may_pop(void *p, size_t bin, void **next)
{
    (void)bin;
    *next = layout_next((hak_user){p});
    return true;
}

HAK_INLINE bool layers_may_leave(const void *p, size_t bin)
{
    (void)p, (void)bin;
    return true;
}

HAK_INLINE void layers_leave(void *p, size_t bin)
{
    (void)p, (void)bin;
}

HAK_INLINE bool layers_may_enter(const void *p, size_t bin, uint32_t reciprocal)
{
    (void)p, (void)bin, (void)reciprocal;
    return true;
}

HAK_INLINE void layers_link(void *p, size_t bin, void *next)
{
    (void)bin;
    layout_set_next((hak_user){p}, next);
}

#else

#include "allocator/layers/layer_head.h"
#include "allocator/layers/layer_next.h"

/* May the front pop `p`, the head of the bin's list, and go on with its link `*next`? A head is a
 * block of ours, because its seal was tested when it came to be the head. */
HAK_INLINE bool layers_may_pop(void *p, size_t bin, void **next)
{
    if (HAK_LAYER_HEAD && !head_header_is_free(p, bin - 1))
        return false;
    *next = layout_next((hak_user){p});
    return (!HAK_LAYER_NEXT && !HAK_LAYER_HEAD) || next_fits(*next);
}

/* May the front hand out `p`, which it has from an array? */
HAK_INLINE bool layers_may_leave(const void *p, size_t bin)
{
    return !HAK_LAYER_HEAD || head_is_free(p, bin - 1);
}

/* The block is the program's from now on. */
HAK_INLINE void layers_leave(void *p, size_t bin)
{
    if (HAK_LAYER_HEAD)
        head_mark_live(p, bin - 1);
}

/* May the front take back `p`, which stands in a granule of the window with this bin (not 0)?
 * `reciprocal`: of the stride, see head.h. */
HAK_INLINE bool layers_may_enter(const void *p, size_t bin, uint32_t reciprocal)
{
    return !HAK_LAYER_HEAD ||
           (head_is_block(p, bin - 1, reciprocal) && head_may_be_live(p, bin - 1));
}

/* The block is free, and `next` (or nothing) follows it in its list. */
HAK_INLINE void layers_link(void *p, size_t bin, void *next)
{
    layout_set_next((hak_user){p}, next);
    if (HAK_LAYER_HEAD)
        head_mark_free(p, bin - 1);
}

#endif
#endif
