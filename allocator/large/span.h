/* Spans: blocks of 128 KiB to 16 MiB, as runs of granules (64 KiB) in a part of the window.
 *
 * Freed runs join with their neighbours and stay for HAK_PURGE_NS before their pages go back, so a
 * program that takes and frees blocks of some MiB pays neither system calls nor page faults for
 * each. A place is found by length (runs.h), in a number of steps that does not grow with the heap.
 *
 * Thread-safe under one lock of its own, which is held for a bounded number of steps, and for a
 * system call where address space is taken; called inside a slow path. */
#ifndef HAK_SPAN_H
#define HAK_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/base/budget.h"
#include "allocator/base/os.h"

#define HAK_SPAN_MAX (16ul << 20)

/* Called once, after window_init. */
void span_init(void);

/* A block of `size` bytes (1 .. HAK_SPAN_MAX), 64-KiB-aligned. `*zeroed`: all its bytes are zero.
 * NULL when there is no room or no memory. */
void *span_alloc(size_t size, bool *zeroed);

/* Tells, when ACE is traced, that no span can serve such a block. */
void span_decline(size_t size, size_t alignment);

/* Bytes of the block that begins at p; 0 when p is no address of spans or no block begins there.
 * Lock-free. */
size_t span_usable(const void *p);

/* Frees the block that begins at p, an address that span_usable knew; false, and nothing done, when
 * another thread has freed it meanwhile. `now` is the time on the coarse clock. */
bool span_free(void *p, uint64_t now);

/* Makes the block that begins at p fit `size` bytes without moving it; false when it cannot. */
bool span_resize(void *p, size_t size);

/* Gives pages back that have been free since the coarse-clock time `before`, as long as the budget
 * lasts. The work is done in rounds, of which a call may begin in the middle. Returns bytes. */
uint64_t span_purge(uint64_t before, struct budget *budget);

/* For when memory or address space has run out: unmaps what is free. It comes back into use when it
 * is wanted and its place is still free. */
void span_hollow_out(void);

uint64_t span_used_bytes(void);
uint64_t span_used_blocks(void);

/* Around fork: does this to each of its locks, in rising rank. */
void span_fork(lock_step *step);

#endif
