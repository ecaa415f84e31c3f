/* startup: the first operations of a process, in an order that has broken allocators.
 *
 * 8-byte blocks, then 16-byte blocks, then mixed sizes: each step is the first use of its size
 * classes, so it meets every lazily made cache in its unmade state. Owns the sequence; always
 * audited, whatever the options say. */
#ifndef WORKLOADS_WS8192_STARTUP_H
#define WORKLOADS_WS8192_STARTUP_H

#include "workloads/frame.h"

/* Turns a frame whose options are parsed into the one of the sequence, as the first operations of
 * each thread, with `blocks` blocks a step and mixed sizes of size_min..size_max. */
void startup_describe(struct frame *frame, uint64_t blocks, uint64_t size_min, uint64_t size_max);

#endif
