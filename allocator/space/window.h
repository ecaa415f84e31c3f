/* The window: one reservation of address space, of which SuperSlabs take the lower half from the
 * bottom
 * and spans the upper half. Reserving it costs no memory; under a limit of the address space it is
 * smaller, or there is none. Written once, before the first look. */
#ifndef HAK_WINDOW_H
#define HAK_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct window {
    uintptr_t start, middle, end; /* equal when there is none; start and middle SuperSlab-aligned */
};

/* Reserves, and tells the registry. Called once. */
void window_init(void);
struct window window_get(void);

#endif
