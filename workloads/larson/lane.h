/* lane: a full table of blocks, and the chain of threads that it passes through.
 *
 * Owns the replacements and the life of a thread. One thread at a time may use a lane. */
#ifndef WORKLOADS_LARSON_LANE_H
#define WORKLOADS_LARSON_LANE_H

#include "workloads/frame.h"
#include "workloads/relay.h"

/* The options: constant from the first lane on. */
extern struct larson {
    uint64_t blocks, size_min, size_max, rounds;
} larson;

struct lane {
    struct frame_lane base;
    void **blocks;
    uint32_t *sizes; /* audit only */
    struct relay relay;
    uint64_t tag; /* tells this lane's patterns from those of other lanes */
} __attribute__((aligned(128)));

/* What the frame calls. */
void lane_start(void *lane);
void lane_run(void *lane);
void lane_clean(void *lane);

#endif
