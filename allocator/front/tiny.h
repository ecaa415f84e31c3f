/* The way from the front to the slabs and back, for the classes of the front.
 *
 * A thread holds one slab per class, its current one, and only of that slab may it touch the free
 * list. Every other slab belongs to the pool or to another thread, and gets blocks back through its
 * remote word. So there is nothing to hand over or to adopt when a thread ends, and nothing is
 * stranded with a thread that sleeps. Called inside a slow path (see thread_enter). */
#ifndef HAK_TINY_H
#define HAK_TINY_H

#include "allocator/front/thread.h"

/* Free blocks of the class, linked; as many as could be had without a loop over blocks. Empty when
 * out of memory. */
struct chain tiny_source(struct thread *thread, unsigned class);

/* The front of the class was empty: restocks it and returns one block. NULL when out of memory. */
void *tiny_refill(struct thread *thread, unsigned class);

/* The front of the class takes no more: makes room and puts the block into it. */
void tiny_drain(struct thread *thread, unsigned class, void *p);

/* Returns the first `count` blocks of a list (or all) to their slabs. The result is what is left of
 * it, and how many have gone back. */
struct chain tiny_return_blocks(struct thread *thread, unsigned class, void *head, uint32_t count);

/* Reports that a list was not as long as it should be: somebody wrote over a link. */
void tiny_report_length(unsigned class);

#if HAK_FRONT_CACHE
/* Reports and drops a spill list that is shorter or longer than its count. */
void tiny_test_spill(struct chain *spill, unsigned class);
#endif

/* Everything that the thread has goes back: its lists to their slabs, its slabs to the pool, its
 * shelf to ACE. */
void tiny_flush(struct thread *thread);

/* What the thread keeps for itself, of the front's classes (in its lists and in those of the slabs
 * that it holds) and on its shelf. For statistics. */
struct tiny_count {
    uint64_t blocks;      /* of the front */
    uint64_t bytes;       /* their strides */
    uint64_t shelf_bytes; /* of ACE's blocks */
};
struct tiny_count tiny_count(const struct thread *thread);

/* What a thread has of classes that it does not use must not keep memory from going back, as one
 * block in a list keeps a whole slab: at most every eighth of a second everything goes back of the
 * classes that have been neither refilled nor drained since the last time, and the shelf likewise.
 * `now`: coarse clock. */
void tiny_age(struct thread *thread, uint64_t now);

#endif
