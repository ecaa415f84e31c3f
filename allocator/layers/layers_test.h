/* What the slow paths ask the layers: the same questions as the hot path asks. A no is looked into,
 * for blocks outside of the window too, which the hot path does not know, and reported.
 *
 * A function of layers that are off says yes. All are thread-safe; the caller owns the block. */
#ifndef HAK_LAYERS_TEST_H
#define HAK_LAYERS_TEST_H

#include "allocator/layers/layer_head.h"
#include "allocator/layers/layer_next.h"

/* Draws the secret and fills the tables of the layers; once, before the first block. */
void layers_init(void);

/* What the functions below ask when it is not plain that all is well. */
bool layers_find_leave(const void *p, unsigned class);
bool layers_find_follow(const void *p, const void *next, unsigned class);
bool layers_find_enter(const void *p, unsigned class);

/* May `p`, the first block of a list of the class, be handed out? */
HAK_INLINE bool layers_test_leave(const void *p, unsigned class)
{
    if (!HAK_LAYER_NEXT && !HAK_LAYER_HEAD)
        return true;
    bool fits = next_is_plausible(p, class + 1) && (!HAK_LAYER_HEAD || head_is_free(p, class));
    return HAK_LIKELY(fits) || layers_find_leave(p, class);
}

/* May the program's block `p`, which stands in a slab of the class, come back? */
HAK_INLINE bool layers_test_enter(const void *p, unsigned class)
{
    return !HAK_LAYER_HEAD ||
           HAK_LIKELY(registry_bin(p) == class + 1 &&
                      head_is_block(p, class, head_reciprocal[class]) &&
                      head_may_be_live(p, class)) ||
           layers_find_enter(p, class);
}

/* The size that the program frees a block with is not one that the block can have been made for. */
void layers_report_size(const void *p, int class);

/* The link of a free block of the class; NULL, and reported, when it is not to be followed. */
HAK_INLINE void *layers_walk(void *p, unsigned class)
{
    void *next = layout_next((hak_user){p});
    if (!HAK_LAYER_NEXT && !HAK_LAYER_HEAD)
        return next;
    bool fits = !next || (next_is_plausible(next, class + 1) &&
                          (!HAK_LAYER_HEAD || head_header_is_free(next, class)));
    return HAK_LIKELY(fits) || layers_find_follow(p, next, class) ? next : NULL;
}

#endif
