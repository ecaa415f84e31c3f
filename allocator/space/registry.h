/* The registry: what, if anything, of ours stands at an address.
 *
 * Two views of the same facts. The *class map* has one byte per 64 KiB granule of the
 * window and answers the question of every free(): which class? The *unit table* is a radix table
 * over the whole address space, one word per 2 MiB unit, and says to which SuperSlab or huge block
 * a unit belongs. It knows SuperSlabs that lie outside the window, too. Look-ups are lock-free and
 * need no initialisation: empty tables answer "not ours".
 *
 * Ordering: an entry is published with release before any pointer into its unit is handed out, and
 * a program that frees a pointer in another thread has synchronised with the thread that got it; so
 * the acquire load of a look-up always sees the entry of a live block. What a look-up of a foreign
 * address sees does not matter as long as it is not ours. */
#ifndef HAK_REGISTRY_H
#define HAK_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "allocator/base/compiler.h"

#define HAK_GRANULES (HAK_WINDOW >> HAK_SLAB_SHIFT)

/* A bin is what the class map stores: class + 1, or 0 for "no block of the front here". */
extern HAK_HIDDEN uintptr_t registry_window; /* start of the window; 0 before there is one */
extern HAK_HIDDEN _Atomic uint8_t registry_class_map[HAK_GRANULES];

/* The number of a pointer's granule; HAK_GRANULES or more outside of the window. */
HAK_INLINE uintptr_t registry_granule(const void *p)
{
    return ((uintptr_t)p - registry_window) >> HAK_SLAB_SHIFT;
}

HAK_INLINE unsigned registry_granule_bin(uintptr_t granule)
{
    return atomic_load_explicit(&registry_class_map[granule], memory_order_relaxed);
}

/* The bin of a pointer; 0 when it is NULL, foreign, outside the window or not of a front class. */
HAK_INLINE unsigned registry_bin(const void *p)
{
    uintptr_t granule = registry_granule(p);
    return granule < HAK_GRANULES ? registry_granule_bin(granule) : 0;
}

/* Makes room for the bins of a SuperSlab; false when the system refuses. Before registry_set_bin. */
bool registry_cover(const void *superslab);
/* Sets the bin of the slab at `slab_start`; does nothing outside the window. */
void registry_set_bin(const void *slab_start, unsigned bin);

enum registry_kind { REGISTRY_NONE, REGISTRY_SUPERSLAB, REGISTRY_HUGE, REGISTRY_EMERGENCY };

struct registry_entry {
    enum registry_kind kind;
    void *owner; /* the SuperSlab, or what the inserter gave; at least 4-aligned */
};

/* Enters the unit of `address`. False, and nothing entered, when the registry is full or has no
 * memory for its table. */
bool registry_insert(const void *address, enum registry_kind kind, void *owner);
void registry_remove(const void *address);
/* Is there no room for another entry? Tells, after registry_insert has said no, why. */
bool registry_is_full(void);
struct registry_entry registry_find(const void *address);

/* Fixes the window; called once, before the first SuperSlab. */
void registry_set_window(void *start);

#endif
