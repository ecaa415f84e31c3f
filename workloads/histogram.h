/* histogram: numbers in buckets whose width grows with the number.
 *
 * Up to 255 every number has a bucket of its own; above, each doubling is cut into 128 buckets of
 * equal width. So a bucket from `low` on is at most low / 128 wide, less than 1 %, whatever the
 * number, and finding it takes a shift and no table. Pure functions; where the counts are kept is
 * the caller's business. */
#ifndef WORKLOADS_HISTOGRAM_H
#define WORKLOADS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEP_BITS 7  /* 128 buckets a doubling */
#define HISTOGRAM_BITS      42 /* larger numbers are all in the last bucket: in ticks, > 20 min */
#define HISTOGRAM_BUCKETS   ((HISTOGRAM_BITS - HISTOGRAM_STEP_BITS + 1) << HISTOGRAM_STEP_BITS)

/* The bucket of a number. */
static inline uint32_t histogram_bucket(uint64_t number)
{
    if (number >> HISTOGRAM_BITS != 0) {
        return HISTOGRAM_BUCKETS - 1;
    }
    unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1);
    unsigned shift = bits > HISTOGRAM_STEP_BITS + 1 ? bits - HISTOGRAM_STEP_BITS - 1 : 0;
    return (shift << HISTOGRAM_STEP_BITS) + (uint32_t)(number >> shift);
}

/* The largest number of a bucket. */
static inline uint64_t histogram_upper(uint32_t bucket)
{
    uint32_t step = bucket >> HISTOGRAM_STEP_BITS;
    unsigned shift = step > 1 ? step - 1 : 0;
    uint64_t low = bucket - ((uint64_t)shift << HISTOGRAM_STEP_BITS);
    return ((low + 1) << shift) - 1;
}

#endif
