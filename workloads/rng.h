/* rng: the seeded random numbers of the workloads.
 *
 * Owns nothing: the caller keeps the state, one per thread. The generator is SplitMix64 (Steele,
 * Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): its state only
 * counts, so successive draws do not wait for each other and cost next to nothing beside a malloc.
 * Not for secrets. */
#ifndef WORKLOADS_RNG_H
#define WORKLOADS_RNG_H

#include <stdint.h>

#define RNG_STEP UINT64_C(0x9e3779b97f4a7c15)

struct rng {
    uint64_t state;
};

/* A bijection that spreads every input bit over all output bits; also used to build patterns and
 * checksums. */
static inline uint64_t rng_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Streams of the same seed and different numbers are unrelated: the start is mixed, so that
 * neighbouring streams are not shifted copies of each other. */
static inline struct rng rng_start(uint64_t seed, uint64_t stream)
{
    struct rng rng = {.state = rng_mix(seed + rng_mix(stream + 1) * 2 + 1)};
    return rng;
}

static inline uint64_t rng_next(struct rng *rng)
{
    rng->state += RNG_STEP;
    return rng_mix(rng->state);
}

/* Scales 32 random bits to 0..bound-1. Needs 0 < bound <= 2^32. The bias is below bound / 2^32. */
static inline uint32_t rng_scale(uint32_t bits, uint64_t bound)
{
    return (uint32_t)((bits * bound) >> 32);
}

#endif
