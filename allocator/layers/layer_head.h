/* L5, head: a block is tested before it enters or leaves a list.
 *
 * Every free block carries a mark, a live one does not:
 *
 *     of classes with a header   the header: the class when free, the class and HEAD_LIVE when live
 *     of all others              the seal of its link, see next.h
 *
 * A seal is a token. Whoever frees a block writes it, who hands the block out takes it away, and
 * nobody hands out a block without: so a block that stands in two lists, or twice in one, because
 * it was freed twice, is handed out once, and the second time is seen. It depends on the address,
 * so a copy of its bytes is not one; that data happen to be one has a chance of 2^-28. It needs no
 * room of its own, so the smallest class stays at 8 bytes, and no store of its own. A free seals
 * without looking at the block, which may be far from the cache; only a header, which is there to
 * be looked at, tells a double free at once.
 *
 * A pointer that is freed must stand on a stride of its slab, below what was ever carved of it. The
 * mark belongs to whoever has the block, like its bytes. `carved` of a granule is written by the
 * slab's holder before the blocks are handed out; a program that frees a block has synchronised
 * with the thread that got it. */
#ifndef HAK_HEAD_H
#define HAK_HEAD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "allocator/base/layout.h"
#include "allocator/layers/layer_next.h"

#define HEAD_LIVE 0x80u

/* 2^32 / stride, rounded up, by class: for offset and stride below 2^16 the low half of the product
 * with an offset is below it when, and only when, the stride divides the offset (Lemire, Kaser and
 * Kurz, "Faster remainder by direct computation", 2019). */
extern HAK_HIDDEN uint32_t head_reciprocal[HAK_CLASSES_MAX];
/* The offset of the last byte that was carved of the granule at an offset of the window. */
HAK_INLINE _Atomic uint16_t *head_carved(uintptr_t offset)
{
    return (_Atomic uint16_t *)(registry_window + REGISTRY_CARVED) + (offset >> HAK_SLAB_SHIFT);
}

/* Once, before the first block. */
void head_init(void);
/* Makes room for what is noted of the slabs of a SuperSlab, before the first of them is carved;
 * false when the system refuses. */
bool head_cover(const void *superslab);
/* The holder has carved the slab up to `end`, which lies beyond its start. */
void head_set_carved(const void *slab_start, const void *end);

/* Says the header, where there is one, that the block is free? */
HAK_INLINE bool head_header_is_free(const void *p, size_t class)
{
    return !layout_has_header((unsigned)class) || *layout_header(p) == class;
}

/* Does the block, which stands in a list, bear the mark of a free one? */
HAK_INLINE bool head_is_free(const void *p, size_t class)
{
    if (layout_has_header((unsigned)class))
        return head_header_is_free(p, class);
    return next_fits(layout_next((hak_user){(void *)(uintptr_t)p}));
}

/* Can the block be live, as far as can be seen without a miss? */
HAK_INLINE bool head_may_be_live(const void *p, size_t class)
{
    return !layout_has_header((unsigned)class) || *layout_header(p) == (class | HEAD_LIVE);
}

/* Its link has been set. */
HAK_INLINE void head_mark_free(void *p, size_t class)
{
    if (layout_has_header((unsigned)class))
        *layout_header(p) = (uint8_t) class;
}

/* Where there is a header, that alone is the token, and the link may stay. */
HAK_INLINE void head_mark_live(void *p, size_t class)
{
    if (layout_has_header((unsigned)class))
        *layout_header(p) = (uint8_t)(class | HEAD_LIVE);
    else
        *(uintptr_t *)p = 0;
}

/* Is this the start of a block of the slab that it stands in, as far as was carved? `p` is inside
 * the window. */
HAK_INLINE bool head_is_block(const void *p, size_t class, uint32_t reciprocal)
{
    uint16_t offset = (uint16_t)(uintptr_t)p;
    uint16_t last = atomic_load_explicit(head_carved(registry_offset(p)), memory_order_relaxed);
    return offset * reciprocal < reciprocal && offset <= last &&
           layout_may_begin((unsigned)class, offset);
}

#endif
