/* Emergency blocks: for a signal handler that allocates while its own thread is inside a slow path
 * and may hold a lock. Only handlers that were not installed through libc come to it
 * (process/signals.h). Nothing here takes a lock or waits.
 *
 * Small blocks come from a reserve in the library's own data, slots of EMERGENCY_SLOT bytes that go
 * back when they are freed, by whomever, and cost no system call: a handler on a fast timer must
 * not take longer than the timer. Others, and those that come when handlers keep all of the
 * reserve, are a mapping each, entered in the registry. */
#ifndef HAK_EMERGENCY_H
#define HAK_EMERGENCY_H

#include <stdbool.h>
#include <stddef.h>

#define EMERGENCY_SLOT  1024
#define EMERGENCY_SLOTS 256

/* A zeroed block of at least `size` bytes at a multiple of `alignment` (a power of two); NULL when
 * refused. */
void *emergency_alloc(size_t size, size_t alignment);
/* Bytes that may be written at p; 0 when p is no live emergency block. */
size_t emergency_usable(const void *p);
/* False, and nothing done, when p is no live emergency block. */
bool emergency_free(void *p);

#endif
