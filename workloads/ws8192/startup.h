/* startup: the first operations of a process, in an order that has broken allocators.
 *
 * 8-byte blocks, then 16-byte blocks, then mixed sizes: each step is the first use of its size
 * classes, so it meets every lazily made cache in its unmade state. Owns the sequence; always
 * audited, whatever the options say. */
#ifndef WORKLOADS_WS8192_STARTUP_H
#define WORKLOADS_WS8192_STARTUP_H

#include <stdint.h>

#include "workloads/options.h"

/* Runs the sequence, as the first operations of each of options->threads threads, with `blocks`
 * blocks a step and mixed sizes of size_min..size_max; prints the JSON line; returns the exit
 * code. */
int startup_run(const struct options *options, uint64_t blocks, uint64_t size_min,
                uint64_t size_max);

#endif
