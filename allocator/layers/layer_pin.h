/* L1, pin: counts the blocks of a slab that are out of it, with programs or in lists of threads,
 * a second time and apart from the count in the remote word. A SuperSlab's pins are the sum over
 * its slabs.
 *
 * Goes up when a thread adopts or carves blocks and down before they are put back, by batches: so
 * it costs nothing on the hot path, and is never below the truth while a block is out. The counter
 * shares the line of the remote word, which the same operation changes anyway. */
#ifndef HAK_PIN_H
#define HAK_PIN_H

#include <sys/single_threaded.h>

#include "allocator/space/superslab.h"

void pin_report(const struct slab *slab, int32_t pins);

HAK_INLINE void pin_add(struct slab *slab, int32_t count)
{
    if (!HAK_LAYER_PIN)
        return;
    int32_t pins;
    /* As in remote_push: no lock prefix while nobody else can run. */
    if (__libc_single_threaded) {
        pins = atomic_load_explicit(&slab->pins, memory_order_relaxed) + count;
        atomic_store_explicit(&slab->pins, pins, memory_order_relaxed);
    } else {
        pins = atomic_fetch_add_explicit(&slab->pins, count, memory_order_relaxed) + count;
    }
    if (HAK_UNLIKELY((uint32_t)pins > slab->capacity))
        pin_report(slab, pins);
}

#endif
