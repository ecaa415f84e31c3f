#include "workloads/cfrac/factor.h"

#include <assert.h>

#include "workloads/cfrac/arith.h"
#include "workloads/cfrac/split.h"

#define TRIAL_MAX  65536
#define TRIAL_BITS 16

static bool is_prime(const struct big *number, struct rng *rng)
{
    if (number->length == 0 || big_equals_small(number, 1)) {
        return false;
    }
    if (big_equals_small(number, 2) || big_equals_small(number, 3)) {
        return true;
    }
    return number->limbs[0] % 2 == 1 && arith_is_probable_prime(number, rng);
}

/* Keeps the list sorted. Takes the reference. */
static void add_prime(struct factors *factors, struct big *prime)
{
    unsigned at = factors->count++;
    assert(at < FACTORS_MAX);
    for (; at > 0 && big_compare(factors->primes[at - 1], prime) > 0; at--) {
        factors->primes[at] = factors->primes[at - 1];
    }
    factors->primes[at] = prime;
}

/* Moves all prime factors below TRIAL_MAX from *rest to the list. Composite divisors are tried
 * too: nothing is left of them to find. */
static void divide_by_small(struct big **rest, struct factors *factors)
{
    for (uint32_t divisor = 2; divisor < TRIAL_MAX; divisor += 1 + (divisor > 2)) {
        while (!big_equals_small(*rest, 1) && big_modulo_small(*rest, divisor) == 0) {
            uint32_t remainder;
            struct big *quotient = big_divide_small(*rest, divisor, &remainder);
            big_release(*rest);
            *rest = quotient;
            add_prime(factors, big_from_number(divisor));
        }
    }
}

/* The highest degree of which number is a power, with its root; degree 1 if it is none. A root has
 * no small factor, hence more than TRIAL_BITS bits. */
static struct big *find_root(struct big *number, unsigned *degree)
{
    for (*degree = big_bits(number) / TRIAL_BITS; *degree >= 2; --*degree) {
        struct big *root = arith_root(number, *degree);
        struct big *power = arith_power(root, *degree);
        bool exact = big_compare(power, number) == 0;
        big_release(power);
        if (exact) {
            return root;
        }
        big_release(root);
    }
    *degree = 1;
    return big_retain(number);
}

/* Adds the prime factors of a number without small ones, each `times` times. */
static bool factor_large(struct big *number, unsigned times, struct rng *rng,
                         struct factors *factors)
{
    unsigned degree;
    if (is_prime(number, rng)) {
        for (unsigned i = 0; i < times; i++) {
            add_prime(factors, big_retain(number));
        }
        return true;
    }
    struct big *root = find_root(number, &degree);
    if (degree > 1) {
        bool done = factor_large(root, times * degree, rng, factors);
        big_release(root);
        return done;
    }
    big_release(root);
    struct big *divisor = split(number);
    if (!divisor) {
        return false;
    }
    struct big *other = big_divide(number, divisor);
    bool done =
        factor_large(divisor, times, rng, factors) && factor_large(other, times, rng, factors);
    big_release(divisor);
    big_release(other);
    return done;
}

bool factor_number(const struct big *number, struct rng *rng, struct factors *factors)
{
    uint32_t remainder;
    factors->count = 0;
    assert(number->length > 0);
    struct big *rest = big_divide_small(number, 1, &remainder);
    divide_by_small(&rest, factors);
    bool done = big_equals_small(rest, 1) || factor_large(rest, 1, rng, factors);
    big_release(rest);
    return done;
}

bool factor_check(const struct big *number, struct rng *rng, const struct factors *factors)
{
    struct big *product = big_from_number(1);
    bool right = true;
    for (unsigned i = 0; i < factors->count && right; i++) {
        right = is_prime(factors->primes[i], rng);
        if (product->length + factors->primes[i]->length > BIG_LIMBS_MAX) {
            right = false; /* garbage: far more than the number */
        } else {
            struct big *next = big_multiply(product, factors->primes[i]);
            big_release(product);
            product = next;
        }
    }
    right = right && big_compare(product, number) == 0;
    big_release(product);
    return right;
}

void factor_release(struct factors *factors)
{
    for (unsigned i = 0; i < factors->count; i++) {
        big_release(factors->primes[i]);
    }
    factors->count = 0;
}
