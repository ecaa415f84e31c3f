/* The unified cache: per thread and class, an array of block pointers between the front and the TLS
 * SLL behind it.
 *
 * The arrays are made when first needed, by whichever operation comes first: fill (after an empty
 * pop) and make_room (after a full push) both begin with the same step, so neither can forget it.
 * Without memory for an array the TLS SLL serves alone.
 *
 * While an array is being changed its bin is one that is empty and full at once, so that a signal
 * handler cannot see half a state. Built into the cache front only; called inside a slow path by
 * the owning thread. */
#ifndef HAK_UNIFIED_CACHE_H
#define HAK_UNIFIED_CACHE_H

#include "allocator/front/thread.h"

#if HAK_FRONT_CACHE

/* Moves blocks from the list into the (empty) array, so that they pop in the order in which they
 * stood. */
void unified_cache_fill(struct thread *thread, unsigned class, struct chain *list);

/* For when the front has found nothing to hand out: the newest block that the layers do not find
 * fault with, and which leaves; those above it are dropped. NULL when the array is empty. */
void *unified_cache_take(struct thread *thread, unsigned class);

/* Sees that the array takes one more block, by moving its older half to the list. False: there is
 * no array. */
bool unified_cache_make_room(struct thread *thread, unsigned class, struct chain *list);

/* Moves all blocks to the list and forgets the array for this thread. */
void unified_cache_empty(struct thread *thread, unsigned class, struct chain *list);

#endif
#endif
