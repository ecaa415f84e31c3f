#include "allocator/space/registry.h"

#include "allocator/base/os.h"
#include "allocator/space/table.h"

/* 48 bits of address = 14 bits of root, 13 of leaf, 21 inside the unit. */
#define LEAF_SHIFT 13
#define LEAF_SIZE  (1ul << LEAF_SHIFT)
#define ROOT_SIZE  (1ul << (HAK_ADDRESS_BITS - HAK_SUPERSLAB_SHIFT - LEAF_SHIFT))
#define KIND_MASK  3ul

struct leaf {
    _Atomic uintptr_t unit[LEAF_SIZE]; /* owner | kind */
};

/* Read by every free: on a line that is written to once per SuperSlab that is new. */
_Alignas(64) uintptr_t registry_window;
uintptr_t registry_reach;
static struct table class_map;
static struct leaf *_Atomic root[ROOT_SIZE];
static _Alignas(64) _Atomic unsigned long entries;

void registry_set_window(void *start)
{
    registry_window = (uintptr_t)start;
}

bool registry_cover(const void *superslab)
{
    uintptr_t end = registry_offset(superslab) + HAK_SUPERSLAB;
    if (end > HAK_WINDOW)
        return true;
    if (!table_cover(&class_map, (void *)registry_window, end >> HAK_SLAB_SHIFT))
        return false;
    uintptr_t reach = __atomic_load_n(&registry_reach, __ATOMIC_RELAXED);
    while (reach < end && !__atomic_compare_exchange_n(&registry_reach, &reach, end, true,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return true;
}

void registry_set_bin(const void *slab_start, unsigned bin)
{
    uintptr_t offset = registry_offset(slab_start);
    if (registry_reaches(offset))
        atomic_store_explicit((_Atomic uint8_t *)registry_window + (offset >> HAK_SLAB_SHIFT),
                              (uint8_t)bin, memory_order_relaxed);
}

static _Atomic uintptr_t *unit_of(const void *address, bool create)
{
    uintptr_t number = (uintptr_t)address >> HAK_SUPERSLAB_SHIFT;
    uintptr_t high = number >> LEAF_SHIFT;
    if (high >= ROOT_SIZE)
        return NULL;
    struct leaf *leaf = atomic_load_explicit(&root[high], memory_order_acquire);
    if (!leaf) {
        if (!create)
            return NULL;
        struct leaf *fresh = os_map(NULL, sizeof *fresh);
        if (!fresh)
            return NULL;
        /* Two threads may race to make the leaf: the first one's is kept, the other's unmapped. */
        if (atomic_compare_exchange_strong_explicit(&root[high], &leaf, fresh, memory_order_acq_rel,
                                                    memory_order_acquire))
            leaf = fresh;
        else
            os_unmap(fresh, sizeof *fresh);
    }
    return &leaf->unit[number & (LEAF_SIZE - 1)];
}

bool registry_prepare(const void *address)
{
    return unit_of(address, true) != NULL;
}

void registry_put(const void *address, enum registry_kind kind, void *owner)
{
    _Atomic uintptr_t *unit = unit_of(address, false);
    hak_assert(((uintptr_t)owner & KIND_MASK) == 0);
    hak_assert(unit && atomic_load_explicit(unit, memory_order_relaxed) == 0);
    atomic_store_explicit(unit, (uintptr_t)owner | kind, memory_order_release);
}

void registry_lift(const void *address)
{
    _Atomic uintptr_t *unit = unit_of(address, false);
    hak_assert(unit && atomic_load_explicit(unit, memory_order_relaxed) != 0);
    atomic_store_explicit(unit, 0, memory_order_release);
}

bool registry_insert(const void *address, enum registry_kind kind, void *owner)
{
    unsigned long before = atomic_fetch_add_explicit(&entries, 1, memory_order_relaxed);
    if (before < HAK_REGISTRY_CAPACITY && registry_prepare(address)) {
        registry_put(address, kind, owner);
        return true;
    }
    atomic_fetch_sub_explicit(&entries, 1, memory_order_relaxed);
    return false;
}

bool registry_is_full(void)
{
    return atomic_load_explicit(&entries, memory_order_relaxed) >= HAK_REGISTRY_CAPACITY;
}

void registry_remove(const void *address)
{
    registry_lift(address);
    atomic_fetch_sub_explicit(&entries, 1, memory_order_relaxed);
}

struct registry_entry registry_find(const void *address)
{
    _Atomic uintptr_t *unit = unit_of(address, false);
    uintptr_t word = unit ? atomic_load_explicit(unit, memory_order_acquire) : 0;
    return (struct registry_entry){.kind = (enum registry_kind)(word & KIND_MASK),
                                   .owner = (void *)(word & ~KIND_MASK)};
}
