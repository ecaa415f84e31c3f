/* L5, head: a block is tested before it enters or leaves a list.
 *
 * Every free block carries a mark, a live one does not:
 *
 *     of classes with a header   the header: the class when free, the class and HEAD_LIVE when live
 *     of all others              a key, the second word: address ^ secret ^ link word
 *
 * To have room for link and key, C0 takes 16 bytes a block in builds with this layer.
 *
 * A key is a token. Whoever frees a block writes it, whoever hands the block out takes it away, and
 * nobody hands out a block without: so a block that stands in two lists, or twice in one, because
 * it was freed twice, is handed out once, and the second time is seen. It vouches for the link
 * before it, too: who writes over one of the two words breaks it. It depends on the address, so a
 * copy of its bytes is not a key; that data happen to be one has a chance of 2^-64. A free writes
 * the key without looking at the block, which may be far from the cache; only a header, which is
 * there to be looked at, tells a double free at once.
 *
 * A pointer that is freed must stand on a stride of its slab, below what was ever carved of it. The
 * mark belongs to whoever has the block, like its bytes. `carved` of a granule is written by the
 * slab's holder before the blocks are handed out; a program that frees a block has synchronised
 * with the thread that got it. */
#ifndef HAK_HEAD_H
#define HAK_HEAD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "allocator/layout.h"
#include "allocator/registry.h"

#define HEAD_LIVE 0x80u

/* 2^32 / stride, rounded up, by class: for offset and stride below 2^16 the low half of the product
 * with an offset is below it when, and only when, the stride divides the offset (Lemire, Kaser and
 * Kurz, "Faster remainder by direct computation", 2019). */
extern HAK_HIDDEN uint32_t head_reciprocal[HAK_CLASSES_MAX];
/* The offset of the last byte of each granule that was carved. */
extern HAK_HIDDEN _Atomic uint16_t head_carved[HAK_GRANULES];

/* Once, before the first block. */
void head_init(void);
/* The holder has carved the slab up to `end`, which lies beyond its start. */
void head_set_carved(const void *slab_start, const void *end);

/* Do blocks of the class carry keys? */
HAK_INLINE bool head_has_key(size_t class)
{
    return !layout_has_header((unsigned)class);
}

HAK_INLINE bool head_key_fits(const void *p)
{
    const uintptr_t *words = p;
    return (words[0] ^ words[1] ^ (uintptr_t)p) == layout_secret;
}

HAK_INLINE bool head_is_free(const void *p, size_t class)
{
    return head_has_key(class) ? head_key_fits(p) : *layout_header(p) == class;
}

/* Can the block be live, as far as can be seen without a miss? */
HAK_INLINE bool head_may_be_live(const void *p, size_t class)
{
    return head_has_key(class) || *layout_header(p) == (class | HEAD_LIVE);
}

/* `next`: what its link, which has been set, leads to. */
HAK_INLINE void head_mark_free(void *p, size_t class, const void *next)
{
    if (head_has_key(class))
        ((uintptr_t *)p)[1] = (uintptr_t)next ^ (uintptr_t)p ^ (HAK_LAYER_NEXT ? 0 : layout_secret);
    else
        *layout_header(p) = (uint8_t) class;
}

HAK_INLINE void head_mark_live(void *p, size_t class)
{
    if (head_has_key(class))
        ((uintptr_t *)p)[1] = 0;
    else
        *layout_header(p) = (uint8_t)(class | HEAD_LIVE);
}

/* Is this the start of a block of the slab that it stands in, as far as was carved? `p` is inside
 * the window. */
HAK_INLINE bool head_is_block(const void *p, size_t class, uint32_t reciprocal)
{
    uint16_t offset = (uint16_t)(uintptr_t)p;
    uint16_t last = atomic_load_explicit(&head_carved[registry_granule(p)], memory_order_relaxed);
    return offset * reciprocal < reciprocal && offset <= last &&
           layout_may_begin((unsigned)class, offset);
}

#endif
