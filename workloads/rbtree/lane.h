/* lane: one thread's tree and what is done with it, stage by stage.
 *
 * Owns the keys, the order in which they go, and the time of each stage. Only its own thread may
 * use a lane. */
#ifndef WORKLOADS_RBTREE_LANE_H
#define WORKLOADS_RBTREE_LANE_H

#include "workloads/frame.h"
#include "workloads/rbtree/tree.h"

enum stage { STAGE_BUILD, STAGE_LOOKUP, STAGE_WALK, STAGE_CHURN, STAGE_COUNT };

extern uint64_t lane_nodes; /* of each tree: an option, constant from the first lane on */

struct lane {
    struct frame_lane base;
    struct tree tree;
    uint64_t *keys;    /* those in the tree */
    uint32_t *order;   /* a shuffle of the indices of keys, made before the measured phase */
    uint64_t next_key; /* counts; mixed, it is a key that no one had before */
    uint64_t stage_ns[STAGE_COUNT], rounds;
} __attribute__((aligned(128)));

/* What the frame calls. */
void lane_start(void *lane);
void lane_run(void *lane);
void lane_clean(void *lane);

#endif
