/* Memory for the allocator's own records (threads, huge blocks): a bump pointer over mapped chunks.
 * What is taken is never given back; owners keep free lists of their own. Thread-safe, takes one
 * lock. */
#ifndef HAK_ARENA_H
#define HAK_ARENA_H

#include <stddef.h>

/* Zeroed memory, 64-aligned; NULL when the system has none. `size` up to 1 MiB. */
void *arena_take(size_t size);

void arena_fork_prepare(void);
void arena_fork_parent(void);
void arena_fork_child(void);

#endif
