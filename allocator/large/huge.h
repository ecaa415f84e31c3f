/* Huge blocks: above what spans serve, each a mapping of its own, aligned to a unit of the
 * registry (2 MiB).
 *
 * Freed mappings stay for HAK_PURGE_NS in a small cache (at most 64 MiB), and serve a request that
 * they fit to within a quarter. realloc moves pages, not bytes. Thread-safe under one lock of its
 * own; called inside a slow path. */
#ifndef HAK_HUGE_H
#define HAK_HUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/base/budget.h"
#include "allocator/base/os.h"

struct huge; /* the record of a block: what the registry gives for it */

/* A block of at least `size` bytes at a multiple of `alignment` (a power of two). `*zeroed`: all
 * its bytes are zero. NULL when out of memory, or of room in the registry. */
void *huge_alloc(size_t size, size_t alignment, bool *zeroed);

/* Whether the block of the record is live and begins at p. */
bool huge_begins_at(const struct huge *huge, const void *p);
size_t huge_usable(const struct huge *huge);
/* `now` is the time on the coarse clock. False, and nothing done, when the block is not live. */
bool huge_free(struct huge *huge, uint64_t now);

/* Makes the block fit `size` bytes (more than 0), moving it if it must; its contents stay. Returns
 * where it is now; NULL, and nothing changed, when the system refuses. */
void *huge_resize(struct huge *huge, size_t size);

/* Unmaps cached blocks freed at or before the coarse-clock time, as long as the budget lasts.
 * Returns bytes. */
uint64_t huge_purge(uint64_t before, struct budget *budget);

uint64_t huge_used_bytes(void);
uint64_t huge_used_blocks(void);

/* Around fork: does this to each of its locks, in rising rank. */
void huge_fork(lock_step *step);

#endif
