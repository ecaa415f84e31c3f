/* The window: the stretch of address space in which SuperSlabs and spans stand, and which the class
 * map covers. It is a place, not a reservation: nothing is mapped in it before it is used, so that
 * limits of the address space, locked memory and core files see what is used and nothing else.
 * SuperSlabs take the lower half from the bottom and spans the upper one.
 *
 * The place lies far from where the kernel maps by itself, and differs from process to process.
 * Others may map something there nevertheless; what is occupied is skipped. */
#ifndef HAK_WINDOW_H
#define HAK_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct window {
    uintptr_t start, middle, end; /* SuperSlab-aligned; end - start is HAK_WINDOW, or less where
                                     addresses have few bits */
};
enum window_part { WINDOW_SUPERSLABS, WINDOW_SPANS };

/* Chooses the place, and tells the registry. Called once. */
void window_init(void);
struct window window_get(void);

/* Zeroed, readable and writable memory: the next `size` bytes of the part, mapped now. Mostly it
 * begins where the last one of the part ended, and then the system has one mapping for both; after
 * an occupied place it begins above it. What is skipped is never handed out. NULL when the system
 * refuses, which later it may not, or the part is used up. `size` is a multiple of the pages, the
 * same or growing with each call for a part that several threads grow at once; the address is
 * aligned as all sizes so far are. Thread-safe, takes no lock.
 *
 * The owner may unmap pages (os_unmap) and map them again where they were (os_map_fixed), unless
 * that is occupied then. */
void *window_grow(enum window_part part, size_t size);
/* The same, but nothing is mapped: for a table, which its owner maps as it needs it, by
 * os_map_fixed. */
void *window_skip(enum window_part part, size_t size);

#endif
