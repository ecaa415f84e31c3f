/* relation: what CFRAC collects.
 *
 * A relation says x^2 = (-1)^negative * product of primes^exponents (mod N), with primes of the
 * factor base. Owns its x and its list of powers. One thread only. */
#ifndef WORKLOADS_CFRAC_RELATION_H
#define WORKLOADS_CFRAC_RELATION_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/cfrac/base.h"
#include "workloads/cfrac/big.h"

/* One prime of the factorisation of Q, by its index in the base. */
struct power {
    struct power *next;
    uint16_t index, exponent;
};

struct relation {
    struct relation *next;
    struct big *x;
    struct power *powers;
    bool negative;
};

/* The relation x^2 = +-q (mod N), if q is smooth over the base, else NULL. */
struct relation *relation_try(const struct base *base, struct big *x, struct big *q, bool negative);

/* Whether the relation is true modulo number. For the audit, which trusts no block. */
bool relation_holds(const struct base *base, const struct relation *relation,
                    const struct big *number);

void relation_free_all(struct relation *first);

#endif
