#include "allocator/layers/layer_head.h"

uint32_t head_reciprocal[HAK_CLASSES_MAX];
_Atomic uint16_t head_carved[HAK_GRANULES];

void head_init(void)
{
    for (unsigned class = 0; class < HAK_CLASSES; class ++)
        head_reciprocal[class] = UINT32_MAX / size_classes[class].stride + 1;
}

void head_set_carved(const void *slab_start, const void *end)
{
    uintptr_t granule = registry_granule(slab_start);
    if (granule < HAK_GRANULES)
        atomic_store_explicit(&head_carved[granule], (uint16_t)((uintptr_t)end - 1),
                              memory_order_relaxed);
}
