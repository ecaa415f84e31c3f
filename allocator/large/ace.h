/* The room large: blocks above the front's classes.
 *
 * Owns: whole pages up to 128 KiB (ace.h) with the few that a thread keeps back (shelf.h), runs of
 * granules up to 16 MiB (span.h), a mapping a block above that (huge.h), and the blocks of signal
 * handlers that meet a lock of their own thread (emergency.h).
 * Must not know: size classes of the front, slabs, threads. No tier knows another, but for
 * the shelf, which stands in front of ACE: process/alloc.c chooses between them.
 * Who calls in: process for malloc, free and realloc; front for a thread's shelf; slabs/purge.c. */

/* ACE, the Adaptive Cache Engine: blocks above the front's classes, up to 128 KiB, in whole pages.
 *
 * Pages are handed out of regions (region.h). In front of these stands a cache of freed runs by
 * size: a run that one thread frees and another wants soon is the common case (batch buffers), and
 * such a block must cost neither a system call nor page faults. Runs idle for HAK_PURGE_NS go back
 * to their region, and their pages to the system.
 *
 * Both are split into shards with a lock each, one a processor and eight at most. A thread takes
 * from its own, and from others only when there is no memory; a block goes back to the shard that
 * it came from, whoever frees it. So a program that takes in one thread and frees in another finds
 * its runs again, at the price that free runs of one shard do not serve threads of another.
 *
 * It ends at 128 KiB because larger blocks fit badly into 2 MiB; see span.h for those.
 *
 * Sizes are rounded up to eight steps per doubling, at most 12.5 % more than asked for.
 * Thread-safe; called inside a slow path. ace_usable and ace_lay_aside check a pointer; the other
 * functions take only those that they know. */
#ifndef HAK_ACE_H
#define HAK_ACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/base/budget.h"
#include "allocator/base/os.h"
#include "allocator/space/superslab.h"

#define HAK_ACE_MAX (1ul << 17)

/* A block of at least `size` bytes (1 .. HAK_ACE_MAX) at a multiple of `alignment` (a power of two
 * up to HAK_ACE_MAX). `*zeroed` says whether all its bytes are known to be zero. NULL when out of
 * memory. */
void *ace_alloc(size_t size, size_t alignment, bool *zeroed);

/* The bytes of the block that ace_alloc gives for `size` bytes. */
size_t ace_round(size_t size);

/* The first step of a free: the block that begins at p, in an ACE region, is nobody's any more.
 * Returns its bytes; 0, and nothing done, when no block begins there or another thread has laid it
 * aside just now. Lock-free. Who has laid it aside takes it up again, which makes it a block as
 * before, or frees it; see shelf.h. */
size_t ace_lay_aside(void *p);
void ace_take_up(void *p);
/* `now` is the time on the coarse clock. */
void ace_free(void *p, uint64_t now);

/* Tells, when ACE is traced, that it cannot serve such a block. */
void ace_decline(size_t size, size_t alignment);

/* Bytes of the block that begins at p in an ACE region; 0 when no block begins there. */
size_t ace_usable(const void *p);

/* Makes the block fit `size` bytes without moving it; false when it cannot. */
bool ace_resize(void *p, size_t size);

/* Gives pages back that have been free since the coarse-clock time `before`, as long as the budget
 * lasts and for a region more. Returns bytes. */
uint64_t ace_purge(uint64_t before, struct budget *budget);

/* Bytes in live blocks. */
uint64_t ace_used_bytes(void);

/* Around fork: does this to each of its locks, in rising rank. */
void ace_fork(lock_step *step);

#endif
