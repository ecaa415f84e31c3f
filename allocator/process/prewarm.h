/* Prewarm: slabs of every class taken at start-up, so that a program's first allocations find them
 * ready. */
#ifndef HAK_PREWARM_H
#define HAK_PREWARM_H

#include <stdbool.h>

#include "allocator/front/thread.h"

/* Takes `slabs` per class: the first becomes the thread's current one (if it has none), the others
 * are listed in the pool. Has their pages present when `populate` says so. 0 does nothing. Called
 * inside a slow path; uses no memory of its own. Returns the slabs per class that could be taken.
 */
unsigned prewarm(struct thread *thread, unsigned slabs, bool populate);

#endif
