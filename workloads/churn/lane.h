/* lane: the arrays of a chain of threads, and what a thread does with them in its life.
 *
 * Owns the lengths that arrays are on their way to and what a thread leaves to the next one. One
 * thread at a time may use a lane. */
#ifndef WORKLOADS_CHURN_LANE_H
#define WORKLOADS_CHURN_LANE_H

#include "workloads/churn/array.h"
#include "workloads/frame.h"
#include "workloads/relay.h"

#define LANE_LENGTH_MIN 8

/* The options: constant from the first lane on. */
extern struct churn {
    uint64_t arrays, length, steps;
} churn;

struct slot;

struct lane {
    struct churner churner; /* its first member is the frame's */
    struct slot *slots;
    struct array left; /* by the thread before */
    struct relay relay;
} __attribute__((aligned(128)));

/* What the frame calls. */
void lane_start(void *lane);
void lane_run(void *lane);
void lane_clean(void *lane);

#endif
