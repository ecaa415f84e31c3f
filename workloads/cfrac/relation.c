#include "workloads/cfrac/relation.h"

#include "workloads/cfrac/account.h"
#include "workloads/cfrac/arith.h"

static void free_powers(struct power *power)
{
    while (power) {
        struct power *next = power->next;
        account_free(power);
        power = next;
    }
}

/* Divides *rest, a multiple of the prime, by the highest power of it. Returns the exponent. */
static uint16_t divide_out(struct big **rest, uint32_t prime)
{
    uint64_t power = prime;
    uint32_t remainder;
    uint16_t exponent = 1;
    while (power * prime <= UINT32_MAX && big_modulo_small(*rest, (uint32_t)(power * prime)) == 0) {
        power *= prime;
        exponent++;
    }
    struct big *quotient = big_divide_small(*rest, (uint32_t)power, &remainder);
    if (remainder != 0) {
        account_fail();
    }
    big_release(*rest);
    *rest = quotient;
    return exponent;
}

/* Divides *rest by the primes from `from` to `to` - 1 and puts their powers before the list. A
 * prime whose power exceeds a limb is found, and listed, once more. */
static void divide_by_primes(const struct base *base, struct big **rest, unsigned from, unsigned to,
                             struct power **powers)
{
    for (;;) {
        from = base_find_divisor(base, *rest, from, to);
        if (from == to) {
            return;
        }
        struct power *power = account_malloc(sizeof *power);
        power->next = *powers;
        power->index = (uint16_t)from;
        power->exponent = divide_out(rest, base->primes[from].prime);
        *powers = power;
        if (big_equals_small(*rest, 1)) {
            return;
        }
    }
}

struct relation *relation_try(const struct base *base, struct big *x, struct big *q, bool negative)
{
    struct power *powers = NULL;
    struct big *rest = big_retain(q);
    unsigned from = 0;
    bool hopeless = false;
    for (unsigned cut = 0; cut <= BASE_CUTS && !hopeless && !big_equals_small(rest, 1); cut++) {
        unsigned to = cut < BASE_CUTS ? base->cuts[cut].primes : base->size;
        divide_by_primes(base, &rest, from, to, &powers);
        hopeless = cut < BASE_CUTS && big_bits(rest) > base->cuts[cut].bits;
        from = to;
    }
    bool smooth = big_equals_small(rest, 1);
    big_release(rest);
    if (!smooth) {
        free_powers(powers);
        return NULL;
    }
    struct relation *relation = account_malloc(sizeof *relation);
    *relation = (struct relation){.x = big_retain(x), .powers = powers, .negative = negative};
    return relation;
}

bool relation_holds(const struct base *base, const struct relation *relation,
                    const struct big *number)
{
    struct big *square = arith_multiply_modulo(relation->x, relation->x, number);
    struct big *product = big_from_number(1);
    for (const struct power *power = relation->powers; power; power = power->next) {
        if (power->index >= base->size) {
            return false;
        }
        struct big *prime = big_from_number(base->primes[power->index].prime);
        for (unsigned i = 0; i < power->exponent; i++) {
            struct big *next = arith_multiply_modulo(product, prime, number);
            big_release(product);
            product = next;
        }
        big_release(prime);
    }
    if (relation->negative && product->length > 0) {
        struct big *negated = big_subtract(number, product);
        big_release(product);
        product = negated;
    }
    bool holds = big_compare(square, product) == 0;
    big_release(square);
    big_release(product);
    return holds;
}

void relation_free_all(struct relation *first)
{
    while (first) {
        struct relation *next = first->next;
        big_release(first->x);
        free_powers(first->powers);
        account_free(first);
        first = next;
    }
}
