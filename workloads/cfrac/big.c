#include "workloads/cfrac/big.h"

#include <assert.h>
#include <string.h>

#include "workloads/cfrac/account.h"
#include "workloads/rng.h"

/* Behind the limbs, in audit mode only. */
typedef uint64_t seal;

static seal seal_of(const struct big *number)
{
    uint64_t sum = rng_mix((uintptr_t)number + number->length);
    for (uint32_t i = 0; i < number->length; i++) {
        sum = rng_mix(sum ^ number->limbs[i]);
    }
    return sum;
}

static void check_seal(const struct big *number)
{
    seal found;
    if (number->length > BIG_LIMBS_MAX) { /* the limbs may lead anywhere */
        account_fail();
    }
    memcpy(&found, number->limbs + number->length, sizeof found);
    if (found != seal_of(number)) {
        account_fail();
    }
}

/* Every operation asks this about its arguments. */
static inline void check(const struct big *number)
{
    if (__builtin_expect(account.audit, 0)) {
        check_seal(number);
        if (number->references == 0) {
            account_fail();
        }
    }
}

static struct big *big_new(uint32_t limbs)
{
    if (limbs > BIG_LIMBS_MAX) {
        account_fail();
    }
    size_t bytes = sizeof(struct big) + limbs * sizeof(uint32_t);
    struct big *number = account_malloc(account.audit ? bytes + sizeof(seal) : bytes);
    number->references = 1;
    number->length = limbs;
    return number;
}

/* Ends the making of a number: drops leading zeros and seals it. */
static struct big *big_made(struct big *number)
{
    while (number->length > 0 && number->limbs[number->length - 1] == 0) {
        number->length--;
    }
    if (account.audit) {
        seal made = seal_of(number);
        memcpy(number->limbs + number->length, &made, sizeof made);
    }
    return number;
}

struct big *big_retain(struct big *number)
{
    check(number);
    number->references++;
    return number;
}

void big_release(struct big *number)
{
    if (!number) {
        return;
    }
    check(number);
    if (--number->references == 0) {
        account_free(number);
    }
}

struct big *big_from_number(uint64_t value)
{
    uint32_t high = (uint32_t)(value >> 32);
    struct big *number = big_new(high != 0 ? 2 : 1);
    number->limbs[0] = (uint32_t)value;
    if (high != 0) {
        number->limbs[1] = high;
    }
    return big_made(number);
}

struct big *big_from_text(const char *text)
{
    uint32_t limbs[BIG_LIMBS_MAX] = {0};
    uint32_t length = 0;
    if (*text == '\0') {
        return NULL;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return NULL;
        }
        uint64_t carry = (uint64_t)(*text - '0');
        for (uint32_t i = 0; i < length; i++) {
            carry += (uint64_t)limbs[i] * 10;
            limbs[i] = (uint32_t)carry;
            carry >>= 32;
        }
        if (carry > 0) {
            if (length == BIG_LIMBS_MAX) {
                return NULL;
            }
            limbs[length++] = (uint32_t)carry;
        }
    }
    struct big *number = big_new(length);
    memcpy(number->limbs, limbs, length * sizeof *limbs);
    return big_made(number);
}

void big_to_text(const struct big *number, char *text)
{
    check(number);
    char backwards[BIG_TEXT_MAX];
    uint32_t limbs[BIG_LIMBS_MAX];
    uint32_t length = number->length, digits = 0;
    memcpy(limbs, number->limbs, length * sizeof *limbs);
    do {
        uint64_t rest = 0;
        for (uint32_t i = length; i-- > 0;) {
            rest = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(rest / 10);
            rest %= 10;
        }
        while (length > 0 && limbs[length - 1] == 0) {
            length--;
        }
        backwards[digits++] = (char)('0' + rest);
    } while (length > 0);
    while (digits > 0) {
        *text++ = backwards[--digits];
    }
    *text = '\0';
}

int big_compare(const struct big *a, const struct big *b)
{
    check(a);
    check(b);
    if (a->length != b->length) {
        return a->length < b->length ? -1 : 1;
    }
    for (uint32_t i = a->length; i-- > 0;) {
        if (a->limbs[i] != b->limbs[i]) {
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
        }
    }
    return 0;
}

bool big_equals_small(const struct big *number, uint32_t value)
{
    check(number);
    return value == 0 ? number->length == 0 : number->length == 1 && number->limbs[0] == value;
}

unsigned big_bits(const struct big *number)
{
    check(number);
    if (number->length == 0) {
        return 0;
    }
    unsigned unused = (unsigned)__builtin_clz(number->limbs[number->length - 1]);
    return number->length * 32 - unused;
}

struct big *big_add(const struct big *a, const struct big *b)
{
    check(a);
    check(b);
    const struct big *longer = a->length >= b->length ? a : b;
    const struct big *shorter = a->length >= b->length ? b : a;
    /* A limb more only if the highest limbs, with a carry from below, may need it. */
    uint64_t highest = longer->length > 0 ? longer->limbs[longer->length - 1] + UINT64_C(1) : 0;
    if (shorter->length == longer->length && highest > 0) {
        highest += shorter->limbs[shorter->length - 1];
    }
    bool may_grow = highest > UINT32_MAX;
    struct big *sum = big_new(longer->length + may_grow);
    uint64_t carry = 0;
    for (uint32_t i = 0; i < longer->length; i++) {
        carry += (uint64_t)longer->limbs[i] + (i < shorter->length ? shorter->limbs[i] : 0);
        sum->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (may_grow) {
        sum->limbs[longer->length] = (uint32_t)carry;
    }
    return big_made(sum);
}

struct big *big_subtract(const struct big *a, const struct big *b)
{
    if (big_compare(a, b) < 0) {
        account_fail();
    }
    struct big *difference = big_new(a->length);
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < a->length; i++) {
        uint64_t limb = (uint64_t)a->limbs[i] - (i < b->length ? b->limbs[i] : 0) - borrow;
        difference->limbs[i] = (uint32_t)limb;
        borrow = limb >> 63;
    }
    return big_made(difference);
}

struct big *big_multiply(const struct big *a, const struct big *b)
{
    check(a);
    check(b);
    /* The product has the bits of both, or one less. */
    uint32_t length = (big_bits(a) + big_bits(b) + 31) / 32;
    struct big *product = big_new(length);
    memset(product->limbs, 0, length * sizeof *product->limbs);
    for (uint32_t i = 0; i < a->length; i++) {
        uint64_t carry = 0;
        for (uint32_t j = 0; j < b->length; j++) {
            carry += (uint64_t)a->limbs[i] * b->limbs[j] + product->limbs[i + j];
            product->limbs[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        if (i + b->length < length) { /* beyond, the carry is 0 */
            product->limbs[i + b->length] = (uint32_t)carry;
        }
    }
    return big_made(product);
}

struct big *big_divide_small(const struct big *a, uint32_t divisor, uint32_t *remainder)
{
    check(a);
    assert(divisor > 0);
    struct big *quotient = big_new(a->length);
    uint64_t rest = 0;
    for (uint32_t i = a->length; i-- > 0;) {
        rest = rest << 32 | a->limbs[i];
        quotient->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    *remainder = (uint32_t)rest;
    return big_made(quotient);
}

uint32_t big_modulo_small(const struct big *a, uint32_t divisor)
{
    check(a);
    assert(divisor > 0);
    uint64_t rest = 0;
    for (uint32_t i = a->length; i-- > 0;) {
        rest = (rest << 32 | a->limbs[i]) % divisor;
    }
    return (uint32_t)rest;
}

/* Writes limbs << shift to to[0..length], one limb more than it reads; 0 <= shift < 32. */
static void shift_left(uint32_t *to, const uint32_t *limbs, uint32_t length, unsigned shift)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < length; i++) {
        carry |= (uint64_t)limbs[i] << shift;
        to[i] = (uint32_t)carry;
        carry >>= 32;
    }
    to[length] = (uint32_t)carry;
}

/* One digit of the quotient (Knuth vol. 2, 4.3.1, algorithm D, steps D3 to D6): subtracts the
 * digit times v from the length + 1 limbs at u, which it then returns. The estimate from the two
 * leading limbs is at most two too large. */
static uint32_t divide_step(uint32_t *u, const uint32_t *v, uint32_t length)
{
    const uint64_t base = UINT64_C(1) << 32;
    uint64_t leading = (uint64_t)u[length] << 32 | u[length - 1];
    uint64_t digit = leading / v[length - 1];
    uint64_t rest = leading % v[length - 1];
    while (digit >= base || digit * v[length - 2] > (rest << 32 | u[length - 2])) {
        digit--;
        rest += v[length - 1];
        if (rest >= base) {
            break;
        }
    }
    uint64_t borrow = 0, carry = 0;
    for (uint32_t i = 0; i < length; i++) {
        carry += digit * v[i];
        uint64_t limb = (uint64_t)u[i] - (uint32_t)carry - borrow;
        u[i] = (uint32_t)limb;
        borrow = limb >> 63;
        carry >>= 32;
    }
    uint64_t top = (uint64_t)u[length] - carry - borrow;
    u[length] = (uint32_t)top;
    if (top >> 63) { /* one too large after all, about once in 2^31: add v back */
        digit--;
        carry = 0;
        for (uint32_t i = 0; i < length; i++) {
            carry += (uint64_t)u[i] + v[i];
            u[i] = (uint32_t)carry;
            carry >>= 32;
        }
        u[length] += (uint32_t)carry;
    }
    return (uint32_t)digit;
}

/* Quotient or remainder, as asked, so that only what is wanted is allocated. */
static struct big *divide(const struct big *a, const struct big *divisor, bool want_quotient)
{
    uint32_t u[BIG_LIMBS_MAX + 1], v[BIG_LIMBS_MAX + 1];
    uint32_t length = divisor->length;
    assert(length >= 2 && a->length >= length);
    unsigned shift = (unsigned)__builtin_clz(divisor->limbs[length - 1]);
    shift_left(u, a->limbs, a->length, shift);
    shift_left(v, divisor->limbs, length, shift);
    struct big *result = big_new(want_quotient ? a->length - length + 1 : length);
    for (uint32_t j = a->length - length + 1; j-- > 0;) {
        uint32_t digit = divide_step(u + j, v, length);
        if (want_quotient) {
            result->limbs[j] = digit;
        }
    }
    if (!want_quotient) {
        for (uint32_t i = 0; i < length; i++) {
            uint64_t pair = (uint64_t)u[i + 1] << 32 | u[i];
            result->limbs[i] = (uint32_t)(pair >> shift);
        }
    }
    return big_made(result);
}

struct big *big_divide(const struct big *a, const struct big *divisor)
{
    check(a);
    check(divisor);
    uint32_t rest;
    assert(divisor->length > 0);
    if (divisor->length == 1) {
        return big_divide_small(a, divisor->limbs[0], &rest);
    }
    return a->length < divisor->length ? big_from_number(0) : divide(a, divisor, true);
}

struct big *big_modulo(const struct big *a, const struct big *divisor)
{
    check(a);
    check(divisor);
    assert(divisor->length > 0);
    if (divisor->length == 1) {
        return big_from_number(big_modulo_small(a, divisor->limbs[0]));
    }
    if (a->length < divisor->length) {
        struct big *copy = big_new(a->length);
        memcpy(copy->limbs, a->limbs, a->length * sizeof *a->limbs);
        return big_made(copy);
    }
    return divide(a, divisor, false);
}
