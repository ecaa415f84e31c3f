/* batch: an array of small blocks, made by one thread and freed by another.
 *
 * Owns the layout of a batch, the sizes of its blocks and what a consumer checks. A batch belongs
 * to one thread at a time. */
#ifndef WORKLOADS_XTHREAD_BATCH_H
#define WORKLOADS_XTHREAD_BATCH_H

#include "workloads/frame.h"

/* The options: constant from the first lane on. */
extern struct xthread {
    uint64_t batch, depth, size_min, size_max;
} xthread;

struct batch;

struct lane {
    struct frame_lane base;
    uint64_t tag;     /* of the next block */
    uint64_t batches; /* made */
} __attribute__((aligned(128)));

/* A batch of so many blocks. */
struct batch *batch_make(struct lane *lane, uint64_t count);

/* Reads and frees the blocks and then the batch, unless the audit finds that it was damaged. */
void batch_consume(struct lane *lane, struct batch *batch);

#endif
