/* Memory for the allocator's own records (threads, huge blocks): a bump pointer over mapped chunks.
 * What is taken is never given back; owners keep free lists of their own. Thread-safe, takes one
 * lock. */
#ifndef HAK_ARENA_H
#define HAK_ARENA_H

#include <stddef.h>

#include "allocator/base/os.h"

/* Zeroed memory, 64-aligned; NULL when the system has none. `size` up to 1 MiB. */
void *arena_take(size_t size);

/* Around fork: does this to each of its locks, in rising rank. */
void arena_fork(lock_step *step);

#endif
