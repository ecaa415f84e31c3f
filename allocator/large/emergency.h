/* Emergency blocks: for a signal handler that allocates while its own thread is inside a slow path
 * and may hold a lock. Each is a mapping of its own, entered in the registry; nothing here takes a
 * lock. Rare by nature, so never fast. */
#ifndef HAK_EMERGENCY_H
#define HAK_EMERGENCY_H

#include <stdbool.h>
#include <stddef.h>

struct emergency; /* what the registry gives for such a block */

/* A zeroed block of at least `size` bytes at a multiple of `alignment` (a power of two); NULL when
 * refused. */
void *emergency_alloc(size_t size, size_t alignment);

bool emergency_begins_at(const struct emergency *block, const void *p);
size_t emergency_usable(const struct emergency *block);
void emergency_free(struct emergency *block);

#endif
