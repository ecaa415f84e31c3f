/* Where the bytes of a block are: the only place that converts between user and base pointers.
 *
 * A slab is cut into strides. Headerless, a block is a stride, and base and user pointer are equal:
 *
 *     slab +0          +stride       +2 stride
 *     |user ...........|user ........|user ...
 *
 * Headered, the header is the last byte of the stride before, so that user pointers keep the
 * alignment of the stride and no padding is needed. The first stride of a slab only holds the
 * header of the second:
 *
 *     slab +0          +stride       +2 stride
 *     |...............H|user .......H|user ...        base = address of H, user = base + 1
 *
 * C0, Cn and the wide classes have no header in either layout (tiny_user_offset is 0).
 *
 * A free block keeps the link to the next free block at its user pointer. The two pointer types
 * keep base and user from being mixed: one does not compile in place of the other. */
#ifndef HAK_LAYOUT_H
#define HAK_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "allocator/base/size_class.h"

typedef struct {
    void *p;
} hak_user;
typedef struct {
    void *p;
} hak_base;

HAK_INLINE hak_base layout_base(hak_user user, unsigned class)
{
    return (hak_base){(char *)user.p - tiny_user_offset(class)};
}

/* The user pointer of block `index` of a slab. */
HAK_INLINE hak_user layout_block(void *slab_start, unsigned class, uint32_t stride, uint32_t index)
{
    return (hak_user){(char *)slab_start + (size_t)stride * (index + tiny_user_offset(class))};
}

/* The index of the block at a user pointer; the pointer may point anywhere into the block. A
 * pointer before the first block yields UINT32_MAX. */
HAK_INLINE uint32_t layout_index(const void *slab_start, unsigned class, uint32_t stride,
                                 hak_user user)
{
    size_t offset = (size_t)((char *)user.p - (const char *)slab_start);
    return (uint32_t)(offset / stride) - tiny_user_offset(class);
}

/* Strides at the start of a slab that hold no block. */
HAK_INLINE uint32_t layout_first(unsigned class)
{
    return tiny_user_offset(class);
}

/* Can a user pointer of the class stand at this offset from the start of its slab? */
HAK_INLINE bool layout_may_begin(unsigned class, size_t offset)
{
    return offset || !tiny_user_offset(class);
}

/* Do blocks of the class have a header? */
HAK_INLINE bool layout_has_header(unsigned class)
{
    return tiny_user_offset(class) != 0;
}

/* The header of a block of a class that has one. */
HAK_INLINE uint8_t *layout_header(const void *user)
{
    return (uint8_t *)((uintptr_t)user - 1);
}

/* Writes the class header of a block, where the layout has one. */
HAK_INLINE void layout_write_header(hak_user user, unsigned class)
{
    if (tiny_user_offset(class))
        *(uint8_t *)layout_base(user, class).p = (uint8_t) class;
}

/* A random odd number: drawn by layers_init. */
extern HAK_HIDDEN uintptr_t layout_secret;

/* What the link of a free block is encoded with where the next or the head layer is on: it differs
 * from block to block in every bit from the fourth, as a product does from its factor. */
HAK_INLINE uintptr_t layout_seal(hak_user user)
{
    return HAK_LAYER_NEXT || HAK_LAYER_HEAD ? (uintptr_t)user.p * layout_secret : 0;
}

HAK_INLINE void *layout_next(hak_user user)
{
    return (void *)(*(uintptr_t *)user.p ^ layout_seal(user));
}

HAK_INLINE void layout_set_next(hak_user user, void *next)
{
    *(uintptr_t *)user.p = (uintptr_t)next ^ layout_seal(user);
}

#endif
