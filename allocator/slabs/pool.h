/* The room slabs: slabs of small blocks between the threads, and when free memory goes back.
 *
 * Owns: the shared pool (pool.h, in pool_acquire.c and pool_release.c over pool_internal.h), the
 * word by which blocks come back to a slab that another thread holds (remote.h), and the purge over
 * all that keeps free memory, here and in the rooms below (purge.h).
 * Must not know: threads, their bins and lists, requests of programs.
 * Who calls in: front takes slabs, returns blocks and drives the purge; process prewarms, trims and
 * forks. */

/* The shared pool: the only source of slabs and the only place they go back to.
 *
 * Owns: per class, the list of PARTIAL slabs; for all classes, the stock of EMPTY slabs, which
 * serve any class; the SuperSlabs that they stand in. Must not know: threads, lists of blocks in
 * threads, requests. There is no cap: acquire fails only when the system or the registry has no
 * room left.
 *
 * Protocol: a thread acquires a slab, carves and recycles its blocks, and lets go of it in one of
 * two ways: pool_park when no block of it is free, pool_release when it does not want it any more
 * (thread exit, trim). Blocks that come back to a slab that nobody holds are put with pool_push;
 * the push that makes the slab worth taking again tells the pool.
 *
 * Locks: a lock per class and one of the stock, never two at a time. All functions are thread-safe.
 */
#ifndef HAK_POOL_H
#define HAK_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "allocator/base/budget.h"
#include "allocator/base/os.h"
#include "allocator/base/size_class.h"
#include "allocator/layers/layer_pin.h"
#include "allocator/slabs/remote.h"

/* A slab of the class in state HELD: with free blocks in `free`, or not carved to the end, or both.
 * NULL: out of memory. */
struct slab *pool_acquire(unsigned class);

/* The holder lets go of an exhausted slab. False, and still held, when blocks have just come back
 * to it. */
bool pool_park(struct slab *slab);

/* The holder gives the slab back, whatever is free in it. */
void pool_release(struct slab *slab);

/* The holder lists a slab for the class although nothing of it may be in use, so that pool_release
 * would put it in the stock (prewarm). */
void pool_offer(struct slab *slab);

/* Lists a slab of the class where its free blocks say; reports it when they are more than it has.
 */
void pool_publish(struct slab *slab, unsigned class);

/* Puts back a chain of blocks of one slab of the class that the caller does not hold. The blocks
 * are not back yet, so the slab cannot become EMPTY before and its class is what it is. */
HAK_INLINE void pool_push(struct slab *slab, unsigned class, void *head, void *tail, uint32_t count)
{
    uint32_t wake = size_classes[class].wake;
    pin_add(slab, -(int32_t)count);
    uint64_t old = remote_push(slab, class, head, tail, count);
    if (old & REMOTE_HELD)
        return;
    uint32_t before = remote_count(old), after = before + count;
    uint32_t carved = atomic_load_explicit(&slab->carved, memory_order_relaxed);
    if (HAK_UNLIKELY((before < wake && after >= wake) || after >= carved))
        pool_publish(slab, class);
}

/* Gives the pages of slabs that have been EMPTY since the coarse-clock time `before` back to the
 * system, as long as the budget lasts and for a SuperSlab more. Returns bytes. */
uint64_t pool_purge(uint64_t before, struct budget *budget);

/* Bytes of slabs that are not EMPTY, and bytes of EMPTY ones not given back. For statistics. */
uint64_t pool_used_bytes(void);
uint64_t pool_idle_bytes(void);

/* What the blocks of all slabs are: those that are out, in the program's hands or in the lists of a
 * thread and of the slabs that it holds, and those that have come back. For statistics: it walks
 * over every slab, without a lock, so that what others do meanwhile makes it wrong by as much. */
struct pool_count {
    uint64_t out_bytes;   /* strides of blocks that are out */
    uint64_t free_blocks; /* blocks that were out before */
};
struct pool_count pool_count(void);

/* Around fork: does this to each of its locks, in rising rank. */
void pool_fork(lock_step *step);

#endif
