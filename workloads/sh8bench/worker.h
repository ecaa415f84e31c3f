/* worker: the rounds of sh8bench, of a worker's side and of main's.
 *
 * Owns how a worker divides its time between its slots (heap.h) and the 8-byte blocks (eights.h),
 * and when the last round is over. Only its own thread may use a worker. */
#ifndef WORKLOADS_SH8BENCH_WORKER_H
#define WORKLOADS_SH8BENCH_WORKER_H

#include "workloads/frame.h"
#include "workloads/sh8bench/eights.h"
#include "workloads/sh8bench/heap.h"

extern struct bench {
    /* The options, with eights.count: constant from the first worker on. */
    uint64_t iterations, slots;
    struct eights eights;
    /* Of main, while it is at work: */
    uint64_t rounds, eights_made;
} bench;

struct worker {
    struct heap heap; /* its first member is the frame's */
    struct eights_reader reader;
    uint64_t iterations; /* a round */
} __attribute__((aligned(128)));

/* Once, when the options are known and before frame_run() makes the workers. */
void worker_prepare(const struct options *options);

/* What the frame calls. */
void worker_start(void *worker);
void worker_run(void *worker);
void worker_clean(void *worker);
void worker_lead(const struct frame *frame);
void worker_finish(const struct frame *frame, struct report *report);

#endif
