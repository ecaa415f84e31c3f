/* clock: the time by which everything is measured. Pure but for the clock itself. */
#ifndef WORKLOADS_CLOCK_H
#define WORKLOADS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Monotonic nanoseconds. Thread-safe. */
static inline uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
