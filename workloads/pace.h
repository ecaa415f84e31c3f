/* pace: operations that are due at fixed times, whether or not the one before is done.
 *
 * A program that is asked at a rate finds a slow operation's delay in all those that had to wait
 * behind it. One that begins an operation when the last is done leaves them out ("coordinated
 * omission", G. Tene, "How NOT to Measure Latency", 2013). So operation i is due at start + i /
 * rate, and how late it begins is part of how long it took.
 *
 * Owns the times and the waiting; the caller keeps a struct pace, one per thread. */
#ifndef WORKLOADS_PACE_H
#define WORKLOADS_PACE_H

#include <stdint.h>

struct pace {
    uint64_t start_ns;
    double interval_ns; /* between two operations of this thread */
    double due_ns;      /* of the next one, since start_ns */
};

/* `rate`: operations a second of all threads together. Their turns are spread evenly. */
struct pace pace_start(uint64_t rate, uint64_t thread, uint64_t threads);

/* Waits until the next operation is due; returns by how many nanoseconds it is late. */
uint64_t pace_wait(struct pace *pace);

#endif
