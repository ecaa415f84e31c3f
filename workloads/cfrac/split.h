/* split: CFRAC, the continued-fraction method of Morrison and Brillhart (Math. Comp. 29, 1975;
 * Knuth vol. 2, 4.5.4, algorithm E).
 *
 * With the convergents A/B of the continued fraction of sqrt(kN), A^2 is congruent modulo N to
 * (-1)^n Q with Q below 2 sqrt(kN), which is often smooth. Owns the expansion. One thread only. */
#ifndef WORKLOADS_CFRAC_SPLIT_H
#define WORKLOADS_CFRAC_SPLIT_H

#include "workloads/cfrac/big.h"

/* A divisor of number that is neither 1 nor number, for an odd composite number that is no perfect
 * power and has no prime factor below 2^16. NULL when no multiplier leads to one, which theory
 * does not exclude. */
struct big *split(const struct big *number);

#endif
