/* arith: number theory on top of big. Results are new references, as in big.h. */
#ifndef WORKLOADS_CFRAC_ARITH_H
#define WORKLOADS_CFRAC_ARITH_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/cfrac/big.h"
#include "workloads/rng.h"

/* The largest r with r^degree <= number; degree >= 2. Newton's iteration. */
struct big *arith_root(const struct big *number, unsigned degree);

/* base^exponent. */
struct big *arith_power(const struct big *base, unsigned exponent);

/* a * b mod modulus. */
struct big *arith_multiply_modulo(const struct big *a, const struct big *b,
                                  const struct big *modulus);

/* Euclid. */
struct big *arith_gcd(const struct big *a, const struct big *b);

/* base^exponent mod prime, for a prime below 2^32. */
uint32_t arith_power_small(uint32_t base, uint32_t exponent, uint32_t prime);

/* Miller and Rabin's test with random bases (Knuth vol. 2, 4.5.4, algorithm P). A composite number
 * passes with a probability below 4^-24. For odd numbers above 3. */
bool arith_is_probable_prime(const struct big *number, struct rng *rng);

#endif
