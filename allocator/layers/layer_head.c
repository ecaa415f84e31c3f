#include "allocator/layers/layer_head.h"

#include "allocator/space/table.h"

uint32_t head_reciprocal[HAK_CLASSES_MAX];
_Alignas(HAK_PAGE) _Atomic uint16_t head_carved[HEAD_CARVED];
static struct table carved = {.start = head_carved, .size = sizeof head_carved};

void head_init(void)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        head_reciprocal[class] = UINT32_MAX / size_classes[class].stride + 1;
    if (HAK_LAYER_HEAD)
        table_init(&carved);
}

bool head_cover(const void *superslab)
{
    uintptr_t offset = registry_offset(superslab);
    return !HAK_LAYER_HEAD || !registry_reaches(offset) ||
           table_cover(&carved, ((offset + HAK_SUPERSLAB) >> HAK_SLAB_SHIFT) * sizeof *head_carved);
}

void head_set_carved(const void *slab_start, const void *end)
{
    uintptr_t offset = registry_offset(slab_start);
    if (HAK_LAYER_HEAD && registry_reaches(offset))
        atomic_store_explicit(&head_carved[offset >> HAK_SLAB_SHIFT],
                              (uint16_t)((uintptr_t)end - 1), memory_order_relaxed);
}
