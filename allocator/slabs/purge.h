/* When free memory goes back to the system: what has been idle for HAK_PURGE_NS, a few times per
 * interval. Driven by the slow paths (there is no thread in the background), which call purge_tick
 * often; it looks at the coarse clock and mostly does nothing. Thread-safe; takes and holds no lock
 * of its own. */
#ifndef HAK_PURGE_H
#define HAK_PURGE_H

#include <stdint.h>

/* Returns the time on the coarse clock. */
uint64_t purge_tick(void);

/* Everything that is free now. Returns the bytes given back. */
uint64_t purge_now(void);

#endif
