/* L2, guard: a slab that looks EMPTY while it is still pinned (L1) is not released. It is set aside
 * and looked at again at every purge, and released when nothing of it is out any more. */
#ifndef HAK_GUARD_H
#define HAK_GUARD_H

#include <stdbool.h>

#include "allocator/base/os.h"
#include "allocator/space/superslab.h"

/* Is the slab held back although all its blocks seem to be in? */
HAK_INLINE bool guard_holds(struct slab *slab)
{
    return HAK_LAYER_GUARD && HAK_LAYER_PIN &&
           atomic_load_explicit(&slab->pins, memory_order_acquire) != 0;
}

/* Sets a slab that guard_holds aside; holding no lock. */
void guard_defer(struct slab *slab);
/* Calls `release` for each slab that was set aside; it may set it aside again. Holding no lock. */
void guard_retry(void (*release)(struct slab *slab, unsigned class));
/* Slabs set aside so far, and those still waiting. */
uint64_t guard_deferred(void);
uint64_t guard_waiting(void);

/* Around fork: does this to each of its locks, in rising rank. */
void guard_fork(lock_step *step);

#endif
