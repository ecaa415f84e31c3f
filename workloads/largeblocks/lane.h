/* lane: a table of slots for large blocks, and the operations on them.
 *
 * Owns the sizes, which pages of a block are touched, and how far blocks grow. Only its own thread
 * may use a lane. */
#ifndef WORKLOADS_LARGEBLOCKS_LANE_H
#define WORKLOADS_LARGEBLOCKS_LANE_H

#include "workloads/frame.h"

/* The options: constant from the first lane on. */
extern struct large {
    uint64_t slots, size_min, size_max, size_huge;
    bool sparse;
} large;

struct lane {
    struct frame_lane base;
    unsigned char **blocks;
    uint64_t *sizes; /* 0 = empty */
    uint64_t tag;    /* tells this lane's patterns from those of other lanes */
    uint64_t reallocs, bytes, held, held_max;
} __attribute__((aligned(128)));

/* What the frame calls. */
void lane_start(void *lane);
void lane_run(void *lane);
void lane_clean(void *lane);

#endif
