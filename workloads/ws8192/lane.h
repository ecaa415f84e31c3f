/* lane: a thread's table of slots, and the picks.
 *
 * Owns the loop that is measured and the pace of a run at a fixed rate. Only its own thread may use
 * a lane. */
#ifndef WORKLOADS_WS8192_LANE_H
#define WORKLOADS_WS8192_LANE_H

#include "workloads/frame.h"

/* The options: constant from the first lane on. */
extern struct ws {
    uint64_t slots, size_min, size_max;
    uint64_t rate; /* operations a second in all threads; 0: as fast as can be */
} ws;

struct lane {
    struct frame_lane base;
    void **slots;
    uint32_t *sizes; /* audit only: 0 = empty */
    uint64_t tag;    /* tells this lane's patterns from those of other lanes */
    uint64_t held_max;
} __attribute__((aligned(128)));

/* What the frame calls. */
void lane_start(void *lane);
void lane_run(void *lane);
void lane_clean(void *lane);

#endif
