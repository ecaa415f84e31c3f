#include "workloads/cfrac/arith.h"

#include <assert.h>

#define PRIME_TEST_ROUNDS 24

/* Replaces a reference by another. */
static void replace(struct big **place, struct big *number)
{
    big_release(*place);
    *place = number;
}

static struct big *multiply_small(const struct big *a, uint32_t factor)
{
    struct big *b = big_from_number(factor);
    struct big *product = big_multiply(a, b);
    big_release(b);
    return product;
}

struct big *arith_power(const struct big *base, unsigned exponent)
{
    struct big *power = big_from_number(1);
    for (unsigned i = 0; i < exponent; i++) {
        replace(&power, big_multiply(power, base));
    }
    return power;
}

struct big *arith_root(const struct big *number, unsigned degree)
{
    assert(degree >= 2);
    /* From above, the iteration falls until it has arrived. */
    struct big *two = big_from_number(2);
    struct big *root = arith_power(two, big_bits(number) / degree + 1);
    big_release(two);
    for (;;) {
        uint32_t rest;
        struct big *power = arith_power(root, degree - 1);
        struct big *next = big_divide(number, power);
        struct big *scaled = multiply_small(root, degree - 1);
        replace(&next, big_add(next, scaled));
        replace(&next, big_divide_small(next, degree, &rest));
        big_release(power);
        big_release(scaled);
        if (big_compare(next, root) >= 0) {
            big_release(next);
            return root;
        }
        replace(&root, next);
    }
}

struct big *arith_multiply_modulo(const struct big *a, const struct big *b,
                                  const struct big *modulus)
{
    struct big *product = big_multiply(a, b);
    struct big *result = big_modulo(product, modulus);
    big_release(product);
    return result;
}

struct big *arith_gcd(const struct big *a, const struct big *b)
{
    struct big *x = big_add(a, b); /* gcd(a + b, b) = gcd(a, b), and x is ours */
    struct big *y = big_modulo(b, x);
    while (y->length > 0) {
        struct big *rest = big_modulo(x, y);
        big_release(x);
        x = y;
        y = rest;
    }
    big_release(y);
    return x;
}

uint32_t arith_power_small(uint32_t base, uint32_t exponent, uint32_t prime)
{
    uint64_t square = base % prime, power = 1;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) {
            power = power * square % prime;
        }
        square = square * square % prime;
    }
    return (uint32_t)power;
}

static bool bit_is_set(const struct big *number, unsigned bit)
{
    return number->limbs[bit / 32] >> bit % 32 & 1;
}

/* Whether base proves that number = 1 + odd * 2^twos is composite. */
static bool is_witness(const struct big *base, const struct big *number,
                       const struct big *minus_one, unsigned twos)
{
    struct big *power = big_from_number(1);
    bool witness = true;
    for (unsigned bit = big_bits(minus_one); bit-- > twos;) {
        replace(&power, arith_multiply_modulo(power, power, number));
        if (bit_is_set(minus_one, bit)) {
            replace(&power, arith_multiply_modulo(power, base, number));
        }
    }
    if (big_equals_small(power, 1)) {
        witness = false;
    }
    for (unsigned i = 0; i < twos && witness; i++) {
        witness = big_compare(power, minus_one) != 0;
        replace(&power, arith_multiply_modulo(power, power, number));
    }
    big_release(power);
    return witness;
}

bool arith_is_probable_prime(const struct big *number, struct rng *rng)
{
    struct big *one = big_from_number(1);
    struct big *minus_one = big_subtract(number, one);
    unsigned twos = 0;
    bool prime = true;
    assert(bit_is_set(number, 0) && big_bits(number) > 2);
    while (!bit_is_set(minus_one, twos)) {
        twos++;
    }
    for (unsigned round = 0; round < PRIME_TEST_ROUNDS && prime; round++) {
        /* 2 .. 2^31 + 1, reduced; a base of 0 or 1 or -1 is no witness of anything. */
        struct big *base = big_from_number(2 + (rng_next(rng) >> 33));
        replace(&base, big_modulo(base, number));
        if (base->length > 0) {
            prime = !is_witness(base, number, minus_one, twos);
        }
        big_release(base);
    }
    big_release(one);
    big_release(minus_one);
    return prime;
}
