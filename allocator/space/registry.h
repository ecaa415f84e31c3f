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

/* A bin is what the class map stores: class + 1, or 0 for "no block of the front here". The map
 * stands at the beginning of the window itself, so that the address that a pointer is compared with
 * is that of the map as well; behind it stands a table of the head layer. */
extern HAK_HIDDEN uintptr_t registry_window; /* start of the window; 0 before there is one */
#define REGISTRY_CARVED HAK_GRANULES         /* where that table begins: two bytes a granule */
#define REGISTRY_TABLES (REGISTRY_CARVED + 2 * HAK_GRANULES) /* where SuperSlabs begin */
_Static_assert(REGISTRY_TABLES % HAK_SUPERSLAB == 0,
               "SuperSlabs begin on a multiple of their size");
/* Bytes from there in which SuperSlabs stand, and about which the class map may be asked. It only
 * rises, before the first block beyond is handed out. Written as an atomic; what it may be read as
 * stands at registry_reaches. */
extern HAK_HIDDEN uintptr_t registry_reach;

/* How far into the window a pointer points; what is not below registry_reach is no block of it. */
HAK_INLINE uintptr_t registry_offset(const void *p)
{
    return (uintptr_t)p - registry_window;
}

/* Read plainly, since a compiler compares with memory only so. It is a word and only rises, and
 * whoever has a block has synchronised with the thread that raised it for that block; so any value
 * that is read, and read again, answers alike for blocks of ours. */
HAK_INLINE bool registry_reaches(uintptr_t offset)
{
#ifdef __SANITIZE_THREAD__
    return offset < __atomic_load_n(&registry_reach, __ATOMIC_RELAXED);
#else
    return offset < registry_reach;
#endif
}

/* The bin at an offset that the registry reaches. */
HAK_INLINE unsigned registry_offset_bin(uintptr_t offset)
{
    const _Atomic uint8_t *map = (const _Atomic uint8_t *)registry_window;
    return atomic_load_explicit(&map[offset >> HAK_SLAB_SHIFT], memory_order_relaxed);
}

/* The bin of a pointer; 0 when it is NULL, foreign, outside the window or not of a front class. */
HAK_INLINE unsigned registry_bin(const void *p)
{
    uintptr_t offset = registry_offset(p);
    return registry_reaches(offset) ? registry_offset_bin(offset) : 0;
}

/* Makes room for the bins of a SuperSlab; false when the system refuses. Before registry_set_bin.
 * Outside the window there is nothing to do. */
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
/* An entry that moves: makes sure of memory for the new place, then lifts the entry off the old one
 * and puts it down on either. In between neither has it, but there is room for it. */
bool registry_prepare(const void *address);
void registry_lift(const void *address);
void registry_put(const void *address, enum registry_kind kind, void *owner);
/* Is there no room for another entry? Tells, after registry_insert has said no, why. */
bool registry_is_full(void);
struct registry_entry registry_find(const void *address);

/* Fixes the window; called once, before the first SuperSlab. */
void registry_set_window(void *start);

#endif
