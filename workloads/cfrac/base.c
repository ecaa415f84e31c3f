#include "workloads/cfrac/base.h"

#include <assert.h>
#include <math.h>

#include "workloads/cfrac/account.h"
#include "workloads/cfrac/arith.h"

#define MULTIPLIER_MAX 1000
/* The primes that judge a multiplier. */
#define JUDGE_MAX 400
/* Above any prime of a base; primes have to fit into 16 bits (relation.h). */
#define SIEVE_MAX 65536

struct candidate {
    double merit;
    uint32_t multiplier; /* 0 = taken */
};

static bool is_prime(uint32_t number)
{
    for (uint32_t divisor = 2; divisor * divisor <= number; divisor++) {
        if (number % divisor == 0) {
            return false;
        }
    }
    return number >= 2;
}

static bool is_square_free(uint32_t number)
{
    for (uint32_t divisor = 2; divisor * divisor <= number; divisor++) {
        if (number % (divisor * divisor) == 0) {
            return false;
        }
    }
    return true;
}

/* Whether residue is a square modulo an odd prime (Euler's criterion); 0 is. */
static bool is_residue(uint32_t residue, uint32_t prime)
{
    return residue == 0 || arith_power_small(residue, (prime - 1) / 2, prime) == 1;
}

/* ln of the part of Q that is expected to consist of small primes, less what the multiplier adds
 * to ln Q. The expected exponents are those that Knuth (vol. 2, 4.5.4) derives for this choice. */
static double judge(const struct big *number, uint32_t multiplier)
{
    uint64_t low = (uint64_t)multiplier * number->limbs[0] % 8;
    double merit = (low == 1 ? 4.0 / 3 : low == 5 ? 2.0 / 3 : 1.0 / 3) * log(2);
    for (uint32_t prime = 3; prime < JUDGE_MAX; prime += 2) {
        if (!is_prime(prime)) {
            continue;
        }
        uint64_t residue = (uint64_t)big_modulo_small(number, prime) * multiplier % prime;
        if (residue == 0) {
            merit += log(prime) / (prime + 1);
        } else if (is_residue((uint32_t)residue, prime)) {
            merit += 2.0 * prime / ((double)prime * prime - 1) * log(prime);
        }
    }
    return merit - 0.5 * log(multiplier);
}

/* 0 when there is no attempt-th multiplier. */
static uint32_t choose_multiplier(const struct big *number, unsigned attempt)
{
    struct candidate *candidates = account_malloc(MULTIPLIER_MAX * sizeof *candidates);
    unsigned count = 0;
    uint32_t chosen = 0;
    for (uint32_t k = 1; k <= MULTIPLIER_MAX; k++) {
        if (is_square_free(k)) {
            candidates[count++] = (struct candidate){judge(number, k), k};
        }
    }
    for (unsigned i = 0; i <= attempt; i++) {
        struct candidate *best = &candidates[0];
        for (unsigned j = 1; j < count; j++) {
            if (best->multiplier == 0 ||
                (candidates[j].multiplier != 0 && candidates[j].merit > best->merit)) {
                best = &candidates[j];
            }
        }
        chosen = best->multiplier;
        best->multiplier = 0;
    }
    account_free(candidates);
    return chosen;
}

#include <stdlib.h>
/* The effort by the size of kN. Larger bases and later cuts would be faster for the largest
 * numbers; these bring the default number near the known profile of cfrac (README.md). */
static void choose_effort(struct base *base)
{
    double bits = big_bits(base->target);
    base->size = (unsigned)exp(0.040 * bits + 1.87);
    base->cuts[0] = (struct base_cut){3 + base->size / 120, (unsigned)(0.40 * bits)};
    base->cuts[1] = (struct base_cut){10 + base->size / 25, (unsigned)(0.30 * bits)};
}

static struct base_prime make_prime(uint32_t prime)
{
    struct base_prime made = {.prime = prime, .inverse = 1, .limit = UINT64_MAX / prime};
    uint64_t weight = 1;
    for (unsigned i = 0; i < BASE_Q_LIMBS; i++) {
        made.weights[i] = (uint32_t)weight;
        weight = (weight << 32) % prime;
    }
    /* Newton's iteration: each round doubles the number of right bits, from 1 to 64. */
    for (unsigned bits = 1; bits < 64; bits *= 2) {
        made.inverse *= 2 - prime * made.inverse;
    }
    return made;
}

struct base *base_make(const struct big *number, unsigned attempt)
{
    uint32_t multiplier = choose_multiplier(number, attempt);
    if (multiplier == 0) {
        return NULL;
    }
    struct base *base = account_malloc(sizeof *base);
    struct big *factor = big_from_number(multiplier);
    base->multiplier = multiplier;
    base->target = big_multiply(number, factor);
    big_release(factor);
    choose_effort(base);
    base->primes = account_malloc(base->size * sizeof *base->primes);
    unsigned count = 0;
    base->primes[count++] = make_prime(2);
    for (uint32_t prime = 3; prime < SIEVE_MAX && count < base->size; prime += 2) {
        if (is_prime(prime) && is_residue(big_modulo_small(base->target, prime), prime)) {
            base->primes[count++] = make_prime(prime);
        }
    }
    base->size = count;
    return base;
}

unsigned base_find_divisor(const struct base *base, const struct big *q, unsigned from, unsigned to)
{
    uint64_t limbs[BASE_Q_LIMBS] = {0};
    assert(q->length <= BASE_Q_LIMBS && to <= base->size);
    for (uint32_t i = 0; i < q->length; i++) {
        limbs[i] = q->limbs[i];
    }
    if (from == 0 && to > 0 && limbs[0] % 2 == 0) { /* no inverse modulo 2^64 for the prime 2 */
        return 0;
    }
    for (unsigned i = from + (from == 0); i < to; i++) {
        const struct base_prime *prime = &base->primes[i];
        /* Four terms below 2^48; the weight of the lowest limb is 1. */
        uint64_t t = limbs[0] + limbs[1] * prime->weights[1] + limbs[2] * prime->weights[2] +
                     limbs[3] * prime->weights[3];
        if (t * prime->inverse <= prime->limit) {
            return i;
        }
    }
    return to;
}

void base_free(struct base *base)
{
    if (base) {
        big_release(base->target);
        account_free(base->primes);
        account_free(base);
    }
}
