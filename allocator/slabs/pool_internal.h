/* What pool_acquire.c and pool_release.c share, and nobody else sees. */
#ifndef HAK_POOL_INTERNAL_H
#define HAK_POOL_INTERNAL_H

#include "allocator/base/os.h"
#include "allocator/base/size_class.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/slabs/pool.h"

/* PARTIAL slabs of one class, first in first out: those listed longest have gathered most blocks.
 */
struct pool_class {
    struct os_lock lock;
    struct slab *first, *last;
} __attribute__((aligned(64)));

/* EMPTY slabs, by the SuperSlabs that they stand in. A SuperSlab with an EMPTY slab is on one list:
 * on `warm` if one of them has memory, those first in which a slab became EMPTY last; on `stuck` if
 * the system has refused to take that memory back since; else on `cold`. One whose slabs are all
 * EMPTY leaves the stock. */
struct pool_stock {
    struct os_lock lock;
    struct superslab *warm, *warm_last, *stuck, *cold;
    uint64_t slabs_used, slabs_idle; /* idle: EMPTY with memory */
    struct superslab *all;           /* that ever had slabs, by counted_next */
};

extern HAK_HIDDEN struct pool_class pool_classes[HAK_CLASSES];
extern HAK_HIDDEN struct pool_stock pool_stock;

/* Under the stock lock, before it is released: the gauges of the KPI page. */
HAK_INLINE void pool_stock_tell(void)
{
    kpi_set(HAK_KPI_POOL_BYTES_USED, pool_stock.slabs_used * HAK_SLAB);
    kpi_set(HAK_KPI_POOL_BYTES_IDLE, pool_stock.slabs_idle * HAK_SLAB);
}

void pool_list_append(struct pool_class *list, struct slab *slab);
void pool_list_remove(struct pool_class *list, struct slab *slab);

/* Under the stock lock: takes the slabs of the masks into or out of the stock, and files the
 * SuperSlab first on the list where it then belongs. `idle_since` is a time, or POOL_STUCK. True:
 * all its slabs are EMPTY, it has left the stock, and the caller must superslab_give it when it has
 * released the lock. */
#define POOL_STUCK UINT64_MAX
bool pool_stock_change(struct superslab *superslab, uint32_t empty, uint32_t dirty,
                       uint64_t idle_since);

#endif
