#include "allocator/layers/layer_freelist.h"

#include "allocator/base/layout.h"
#include "allocator/diagnostics/fail.h"

/* Is this the start of a block of the slab that was carved? */
static bool is_block(const struct slab *slab, void *p)
{
    char *start = slab_start(slab);
    if ((char *)p < start || (char *)p >= start + HAK_SLAB)
        return false;
    uint32_t index = layout_index(start, slab_class(slab), slab->stride, (hak_user){p});
    return (size_t)((char *)p - start) % slab->stride == 0 &&
           index < atomic_load_explicit(&slab->carved, memory_order_relaxed);
}

bool freelist_test(const struct slab *slab, const struct chain *chain)
{
    const char *tag = NULL;
    void *next = NULL;
    if (!is_block(slab, chain->head)) {
        tag = "UNIFIED_FREELIST_INVALID";
    } else {
        next = layout_next((hak_user){chain->head});
        if (next ? !is_block(slab, next) : chain->count > 1)
            tag = "FREELIST_INVALID";
    }
    if (tag)
        fail_report(&(struct fail_event){.tag = tag,
                                         .layer = "freelist",
                                         .action = "list dropped",
                                         .address = chain->head,
                                         .superslab = superslab_of(slab),
                                         .class = (int)slab_class(slab)});
    return !tag;
}
