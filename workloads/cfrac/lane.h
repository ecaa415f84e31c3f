/* lane: the factorisations of one thread.
 *
 * Owns when a thread goes on, what it keeps of a result, and its account. Only its own thread may
 * use a lane. */
#ifndef WORKLOADS_CFRAC_LANE_H
#define WORKLOADS_CFRAC_LANE_H

#include "workloads/cfrac/account.h"
#include "workloads/cfrac/big.h"
#include "workloads/cfrac/factor.h"
#include "workloads/cfrac/number.h"
#include "workloads/frame.h"

extern struct number lane_number; /* the options: constant from the first lane on */
extern const char *lane_factors;  /* a JSON array, from lane_finish() on */

struct lane {
    struct frame_lane base;
    struct account account;
    struct factors factors;      /* of the last repetition */
    char (*texts)[BIG_TEXT_MAX]; /* of these factors */
    unsigned text_count;
    uint64_t repetitions;
} __attribute__((aligned(128)));

/* What the frame calls. */
void lane_start(void *lane);
void lane_run(void *lane);
void lane_clean(void *lane);
void lane_finish(const struct frame *frame, struct report *report);

#endif
