#include "allocator/layers/layer_head.h"

#include "allocator/space/table.h"

uint32_t head_reciprocal[HAK_CLASSES_MAX];
static struct table carved = {.offset = REGISTRY_CARVED};

void head_init(void)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        head_reciprocal[class] = UINT32_MAX / size_classes[class].stride + 1;
}

bool head_cover(const void *superslab)
{
    uintptr_t offset = registry_offset(superslab);
    return !HAK_LAYER_HEAD || !registry_reaches(offset) ||
           table_cover(&carved, (void *)registry_window,
                       ((offset + HAK_SUPERSLAB) >> HAK_SLAB_SHIFT) * sizeof(uint16_t));
}

void head_set_carved(const void *slab_start, const void *end)
{
    uintptr_t offset = registry_offset(slab_start);
    if (HAK_LAYER_HEAD && registry_reaches(offset))
        atomic_store_explicit(head_carved(offset), (uint16_t)((uintptr_t)end - 1),
                              memory_order_relaxed);
}
