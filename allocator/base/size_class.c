#include "allocator/base/size_class.h"

_Static_assert(HAK_CLASSES <= HAK_CLASSES_MAX, "the table holds every class");
_Static_assert(HAK_FRONT_MAX * 2 <= HAK_SLAB, "a slab holds at least two blocks");

struct size_class size_classes[HAK_CLASSES_MAX];

static uint32_t stride_of(unsigned class)
{
    if (class == 0)
        return 8;
    if (class <= HAK_CN)
        return HAK_GEOMETRY_C8 ? 8u << class : 16u * class;
    unsigned step = class - HAK_CN - 1;
    return (5 + step % 4) << (8 + step / 4);
}

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : value;
}

void size_class_init(void)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++) {
        struct size_class *row = &size_classes[class];
        uint32_t offset = tiny_user_offset(class);
        row->stride = stride_of(class);
        row->usable = class == 0 ? 8 : row->stride - offset;
        /* The first stride of a headered slab holds only the header of the second. */
        row->capacity = (uint32_t)HAK_SLAB / row->stride - offset;
        row->limit = clamp(16384u / row->stride, 4, 64);
        row->carve = clamp((uint32_t)HAK_PAGE / row->stride, 1, 512);
        row->wake = clamp(row->capacity / 8, 1, row->capacity);
    }
}

unsigned size_class_aligned(size_t size, size_t alignment)
{
    if (size > HAK_FRONT_MAX || alignment > HAK_FRONT_MAX)
        return HAK_CLASSES;
    size_t least = alignment - (HAK_LAYOUT_HEADERED ? 1 : 0);
    unsigned class = size_class_of(size < least ? least : size);
    while (class < HAK_CLASSES &&
           ((size_classes[class].stride & (alignment - 1)) || size_classes[class].usable < size))
        class ++;
    return class;
}
