#include "workloads/cfrac/relation.h"

#include "workloads/cfrac/account.h"

static void free_powers(struct power *power)
{
    while (power) {
        struct power *next = power->next;
        account_free(power);
        power = next;
    }
}

/* Divides *rest by the highest power of the prime that divides it. Returns the exponent. Most
 * primes do not divide; only a quotient that is wanted is allocated. */
static uint16_t divide_out(struct big **rest, const struct base_prime *prime)
{
    uint16_t exponent = 0;
    while (base_divides(prime, *rest)) {
        uint64_t power = prime->prime;
        uint32_t remainder;
        exponent++;
        while (power * prime->prime <= UINT32_MAX &&
               big_modulo_small(*rest, (uint32_t)(power * prime->prime)) == 0) {
            power *= prime->prime;
            exponent++;
        }
        struct big *quotient = big_divide_small(*rest, (uint32_t)power, &remainder);
        big_release(*rest);
        *rest = quotient;
    }
    return exponent;
}

static bool is_hopeless(const struct base *base, unsigned primes_tried, const struct big *rest)
{
    for (unsigned i = 0; i < BASE_CUTS; i++) {
        if (base->cuts[i].primes == primes_tried && big_bits(rest) > base->cuts[i].bits) {
            return true;
        }
    }
    return false;
}

struct relation *relation_try(const struct base *base, struct big *x, struct big *q, bool negative)
{
    struct power *powers = NULL;
    struct big *rest = big_retain(q);
    bool smooth = big_equals_small(rest, 1);
    for (unsigned i = 0; i < base->size && !smooth; i++) {
        if (is_hopeless(base, i, rest)) {
            break;
        }
        uint16_t exponent = divide_out(&rest, &base->primes[i]);
        if (exponent > 0) {
            struct power *power = account_malloc(sizeof *power);
            *power = (struct power){.next = powers, .index = (uint16_t)i, .exponent = exponent};
            powers = power;
            smooth = big_equals_small(rest, 1);
        }
    }
    big_release(rest);
    if (!smooth) {
        free_powers(powers);
        return NULL;
    }
    struct relation *relation = account_malloc(sizeof *relation);
    *relation = (struct relation){.x = big_retain(x), .powers = powers, .negative = negative};
    return relation;
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
