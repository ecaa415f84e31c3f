/* ACE's regions: SuperSlabs of kind ACE, whose pages after the records are handed out in runs.
 * A bitmap says which are free.
 *
 * A set of regions has a lock of its own, and files its regions by the length of their longest free
 * run. So a place is found in a number of steps that depends neither on how many regions there are
 * nor on how many holes they have. A region belongs to the set that made it for as long as it is
 * one.
 *
 * Functions are called under the set's lock, unless they say otherwise. Pages here are of HAK_PAGE;
 * a page number counts from the start of the SuperSlab. */
#ifndef HAK_REGION_H
#define HAK_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/base/budget.h"
#include "allocator/base/compiler.h"
#include "allocator/base/os.h"
#include "allocator/space/superslab.h"

#define REGION_PAGES ((uint32_t)(HAK_SUPERSLAB / HAK_PAGE))
#define REGION_ASIDE 0x8000u /* in `span` */

struct region_set;

/* The record stands in the second page of the SuperSlab (the first keeps the slab records, whatever
 * the SuperSlab is). A page is live (in a block), aside (in a block that was freed and is kept as a
 * whole, by a thread's shelf or in ACE's cache), or free; only free ones have their bit in `free`.
 * Invariant: span[p] is the length of the block that begins at page p, with ASIDE or without, else
 * 0. */
struct region {
    uint64_t free[REGION_PAGES / 64];
    uint64_t
        clean[REGION_PAGES / 64]; /* free pages without memory behind them: they read as zero */
    uint16_t span[REGION_PAGES];
    struct region *next, *prev;         /* among those with as long a longest run */
    struct region *next_due, *prev_due; /* on the list of those that something was freed in */
    struct region_set *set;             /* whose it is */
    uint32_t longest;                   /* free run; 0: filed nowhere */
    uint64_t freed_at; /* coarse clock of the last free; 0: on no list of due ones */
};
_Static_assert(sizeof(struct region) <= HAK_PAGE, "the record fits a page");

struct region_set {
    struct os_lock lock;
    uint64_t filled[REGION_PAGES / 64];  /* the lengths that are some region's longest run */
    struct region *list[REGION_PAGES];   /* of these regions, by length */
    struct region *first_due, *last_due; /* the earliest freed_at first, mostly */
};

HAK_INLINE struct region *region_of(const void *p)
{
    return (struct region *)((char *)superslab_of(p) + HAK_PAGE);
}

HAK_INLINE uint32_t region_page(const void *p)
{
    return (uint32_t)(((uintptr_t)p & (HAK_SUPERSLAB - 1)) >> HAK_PAGE_SHIFT);
}

/* Of a block that stands or stood at p. Its owner may read it, and lay the block aside, without the
 * lock: nobody else changes the span of a block in use. */
HAK_INLINE uint16_t *region_span(const void *p)
{
    return &region_of(p)->span[region_page(p)];
}

/* Takes `pages` pages at a multiple of `step` (a power of two), out of the region whose longest run
 * is the shortest that surely has room; NULL when none has. `*zeroed`: they read as zero. */
void *region_take(struct region_set *set, uint32_t pages, uint32_t step, bool *zeroed);

/* Frees the pages [page, page + count), which are in no block any more. `now` is the time on the
 * coarse clock. */
void region_put(struct region *region, uint32_t page, uint32_t count, uint64_t now);

/* Takes the pages behind a block's, if they are free. */
bool region_take_at(struct region *region, uint32_t page, uint32_t count);

/* Makes a region of a SuperSlab of kind ACE. */
void region_add(struct region_set *set, struct superslab *superslab);

/* The SuperSlab of a region of which nothing is in use, which is no region any more and goes back;
 * NULL when some is, or when the region is the set's last one with room for everything: that one is
 * kept, so that one block to and fro moves no SuperSlab. */
struct superslab *region_remove_if_whole(struct region *region);

/* Gives pages back that have been free since `before`, as long as the budget lasts and for a region
 * more. Takes the lock itself, and gives SuperSlabs back. Returns bytes. */
uint64_t region_purge(struct region_set *set, uint64_t before, struct budget *budget);

#if HAK_DEBUG
/* Regions looked at so far, under any lock. */
extern HAK_HIDDEN _Atomic uint64_t region_steps;
#endif

#endif
