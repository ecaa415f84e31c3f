/* Sizes and classes: which class serves a request, and how far apart its blocks stand.
 *
 * C0 is the 8-byte class and HAK_CN the largest tiny class (1024 bytes). Above it stand the wide
 * classes, four per doubling to 32 KiB, which travel the same front. Two geometries differ
 * below 1 KiB only: `fine` has a class every 16 bytes, `c8` one per power of two.
 *
 * In the headered layout a tiny class other than C0 and Cn keeps one byte of each stride for the
 * header, so its blocks hold stride - 1 bytes. All functions are pure. */
#ifndef HAK_SIZE_CLASS_H
#define HAK_SIZE_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/base/compiler.h"

#define HAK_CN          (HAK_GEOMETRY_C8 ? 7u : 64u)
#define HAK_WIDE        20u /* wide classes: 4 per doubling, 1 KiB .. 32 KiB */
#define HAK_CLASSES     (HAK_CN + HAK_WIDE + 1)
#define HAK_CLASSES_MAX 85 /* of either geometry; for array bounds */
#define HAK_TINY_MAX    1024ul
#define HAK_FRONT_MAX   32768ul /* the largest request that the front serves */
/* The largest request that the formula for tiny classes serves: in the headered layout 1024
 * bytes fit Cn only because Cn has no header, which the formula does not know. */
#define HAK_TINY_FORMULA_MAX (HAK_LAYOUT_HEADERED ? HAK_TINY_MAX - 1 : HAK_TINY_MAX)

/* Offset of the user pointer from the base of a block: 1 where there is a header. */
HAK_INLINE unsigned tiny_user_offset(unsigned class)
{
    return HAK_LAYOUT_HEADERED && class != 0 && class < HAK_CN;
}

/* The class of a request of 0 .. HAK_TINY_FORMULA_MAX bytes. */
HAK_INLINE size_t size_class_tiny(size_t size)
{
    size_t room = HAK_LAYOUT_HEADERED ? size + 1 : size;
    /* A mask, not a branch: small and larger sizes come mixed, and a wrong guess would cost more
     * than the malloc. It is all ones when 8 < size, and stands before the shift so that class and
     * offset of the bin are one computation. */
    size_t above_c0 = 0 - (size_t)(8 < size);
    if (HAK_GEOMETRY_C8)
        return (61 - (size_t)__builtin_clzl((room - 1) | 8)) & above_c0;
    return ((room + 15) & above_c0) >> 4;
}

/* The class of a request of 1024 .. HAK_FRONT_MAX bytes. With x = size - 1 and k = floor(log2 x),
 * the two bits below the leading one number the quarter of the doubling: class = Cn + 1 + 4 (k -
 * 10) + quarter. */
HAK_INLINE size_t size_class_wide(size_t size)
{
    size_t x = size - 1;
    size_t k = 63 - (size_t)__builtin_clzl(x);
    return HAK_CN + 4 * k + (x >> (k - 2)) - 43;
}

HAK_INLINE unsigned size_class_of(size_t size)
{
    return (unsigned)(size <= HAK_TINY_FORMULA_MAX ? size_class_tiny(size) : size_class_wide(size));
}

/* What the slow paths look up, one row per class. */
struct size_class {
    uint32_t stride;   /* bytes from block to block */
    uint32_t usable;   /* bytes that the user may write */
    uint32_t capacity; /* blocks in a slab */
    uint32_t limit;    /* frees beyond the allocations since a refill that a thread list takes */
    uint32_t carve;    /* fresh blocks taken from a slab at once */
    uint32_t wake;     /* free blocks at which an unheld slab is offered again */
};
extern HAK_HIDDEN struct size_class size_classes[HAK_CLASSES_MAX];

/* Fills the table; called once, before the first look-up. */
void size_class_init(void);

/* The smallest class whose blocks hold `size` bytes at a multiple of `alignment`, which is a power
 * of two; HAK_CLASSES when there is none. User pointers of a class are multiples of every power of
 * two that divides the stride. */
unsigned size_class_aligned(size_t size, size_t alignment);

#endif
