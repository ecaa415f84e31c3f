/* combine: from relations to a factor.
 *
 * Owns the linear algebra modulo 2: finds sets of relations whose product has only even exponents,
 * that is X^2 = Y^2 (mod N), and tries gcd(X + Y, N). One thread only. */
#ifndef WORKLOADS_CFRAC_COMBINE_H
#define WORKLOADS_CFRAC_COMBINE_H

#include "workloads/cfrac/base.h"
#include "workloads/cfrac/big.h"
#include "workloads/cfrac/relation.h"

/* A divisor of number that is neither 1 nor number, or NULL when no combination of the count
 * relations yields one. */
struct big *combine_relations(const struct big *number, const struct base *base,
                              const struct relation *first, unsigned count);

#endif
