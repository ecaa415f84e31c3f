/* factor: the complete factorisation of a number, and its proof.
 *
 * Owns the road from trial division over perfect powers and prime tests to CFRAC. One thread
 * only; the result is malloc-free, so that it outlives the account of the thread. */
#ifndef WORKLOADS_CFRAC_FACTOR_H
#define WORKLOADS_CFRAC_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/cfrac/big.h"
#include "workloads/rng.h"

/* A number of BIG_LIMBS_MAX limbs has no more prime factors. */
#define FACTORS_MAX (32 * BIG_LIMBS_MAX)

struct factors {
    unsigned count;
    struct big *primes[FACTORS_MAX]; /* ascending; references owned by this struct */
};

/* Fills factors for a number above 1. Returns false when it failed: some factor is composite and
 * could not be split. */
bool factor_number(const struct big *number, struct rng *rng, struct factors *factors);

/* Whether the factors multiply to the number and pass a prime test. */
bool factor_check(const struct big *number, struct rng *rng, const struct factors *factors);

void factor_release(struct factors *factors);

#endif
