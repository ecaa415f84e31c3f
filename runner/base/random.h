/* Numbers for shuffles and coins, the same on every machine for the same seed.
 * The generator is splitmix64 (Steele, Lea, Flood 2014): its whole state is one counter.
 */
#ifndef RUNNER_RANDOM_H
#define RUNNER_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

struct random random_from_seed(uint64_t seed);
uint64_t random_next(struct random *random);

/* Uniform in 0..limit-1, without the bias of a plain remainder. limit > 0. */
uint64_t random_below(struct random *random, uint64_t limit);

/* A seed from the kernel that a person can read out and type: 1..2^31-1. */
uint64_t random_fresh_seed(void);

#endif
