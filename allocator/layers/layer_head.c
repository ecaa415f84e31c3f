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
    uintptr_t granule = registry_granule(superslab);
    return !HAK_LAYER_HEAD || granule >= HAK_GRANULES ||
           table_cover(&carved, (granule + HAK_SLABS) * sizeof *head_carved);
}

void head_set_carved(const void *slab_start, const void *end)
{
    uintptr_t granule = registry_granule(slab_start);
    if (HAK_LAYER_HEAD && granule < HAK_GRANULES)
        atomic_store_explicit(&head_carved[granule], (uint16_t)((uintptr_t)end - 1),
                              memory_order_relaxed);
}
