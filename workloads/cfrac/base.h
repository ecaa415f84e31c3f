/* base: the multiplier and the factor base of one attempt to split a number.
 *
 * CFRAC expands sqrt(kN). Only primes p with kN a square modulo p can divide the Q that it yields,
 * so a multiplier k that gives many small primes to the base is worth a slightly larger Q. Owns
 * that choice, the list of primes, and how much effort trial division may spend on one Q. */
#ifndef WORKLOADS_CFRAC_BASE_H
#define WORKLOADS_CFRAC_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/cfrac/big.h"

/* Early abort: a Q that is still larger than `bits` after the first `primes` primes of the base is
 * given up, for it will hardly turn out smooth (Pomerance, "Analysis and comparison of some integer
 * factoring algorithms", 1982). */
struct base_cut {
    unsigned primes, bits;
};

#define BASE_CUTS 2

/* A Q has no more limbs: it is below 2 sqrt(kN), and kN below 2^254. */
#define BASE_Q_LIMBS 4

/* A prime, with what it takes to test divisibility by it without dividing: with the weights
 * 2^(32i) mod prime, a number is replaced by a smaller one that leaves the same remainder, and t
 * is a multiple of an odd prime if and only if t / prime, computed modulo 2^64 by multiplication
 * with the inverse, is at most 2^64 / prime (Granlund and Montgomery, "Division by invariant
 * integers using multiplication", PLDI 1994, section 9). */
struct base_prime {
    uint64_t inverse, limit;
    uint32_t weights[BASE_Q_LIMBS];
    uint32_t prime; /* below 2^16 */
};

struct base {
    struct big *target; /* kN */
    uint32_t multiplier;
    unsigned size;
    struct base_prime *primes; /* ascending, from 2 */
    struct base_cut cuts[BASE_CUTS];
};

/* The base for the attempt-th best multiplier (from 0) for an odd number that is no square. NULL
 * when there is no such multiplier left. */
struct base *base_make(const struct big *number, unsigned attempt);
void base_free(struct base *base);

/* The index of the first prime from `from` to `to` - 1 that divides q, a number of at most
 * BASE_Q_LIMBS limbs; `to` if there is none. Allocates nothing. */
unsigned base_find_divisor(const struct base *base, const struct big *q, unsigned from,
                           unsigned to);

#endif
