/* What pool_acquire.c and pool_release.c share, and nobody else sees. */
#ifndef HAK_POOL_INTERNAL_H
#define HAK_POOL_INTERNAL_H

#include "allocator/os.h"
#include "allocator/pool.h"
#include "allocator/size_class.h"

/* PARTIAL slabs of one class, first in first out: those listed longest have gathered most blocks.
 */
struct pool_class {
    struct os_lock lock;
    struct slab *first, *last;
} __attribute__((aligned(64)));

/* EMPTY slabs. `recent` is last in, first out while its pages are warm; its tail is the first to be
 * purged. `purged` have no pages. */
struct pool_stock {
    struct os_lock lock;
    struct slab *recent_first, *recent_last; /* doubly linked */
    struct slab *purged;                     /* singly linked */
    struct superslab *fresh;                 /* the SuperSlab whose slabs have not all been used */
    uint32_t fresh_next;                     /* index of its next unused slab */
    uint64_t slabs_used, slabs_recent;
};

extern HAK_HIDDEN struct pool_class pool_classes[HAK_CLASSES];
extern HAK_HIDDEN struct pool_stock pool_stock;

void pool_list_append(struct pool_class *list, struct slab *slab);
void pool_list_remove(struct pool_class *list, struct slab *slab);

#endif
