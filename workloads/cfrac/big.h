/* big: natural numbers of any size up to BIG_LIMBS_MAX limbs, on the heap, counted by references.
 *
 * Owns the representation: an 8-byte header and 32-bit limbs, so that the numbers of a 44-digit
 * factorisation take 12 to 32 bytes. A number never changes once it is made: every operation
 * allocates its result. That is what makes cfrac a malloc benchmark.
 *
 * Ownership: arguments are borrowed; a result is a new reference, to be given back with
 * big_release(). A number and its references belong to one thread.
 *
 * In audit mode each number carries a seal over its address and its limbs, which is checked when
 * it is used in an operation and when it is freed. A broken one abandons the work; see account.h.
 */
#ifndef WORKLOADS_CFRAC_BIG_H
#define WORKLOADS_CFRAC_BIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIG_LIMBS_MAX 64
/* Decimal digits of the largest number, with room for the terminating zero. */
#define BIG_TEXT_MAX 640

struct big {
    uint32_t references;
    uint32_t length;  /* limbs in use; the highest is not 0; zero has none */
    uint32_t limbs[]; /* lowest first */
};

struct big *big_retain(struct big *number);
void big_release(struct big *number);

struct big *big_from_number(uint64_t value);
/* From decimal digits; NULL when the text is empty, holds anything else, or is too long. */
struct big *big_from_text(const char *text);
/* Writes decimal digits and a terminating zero to text[BIG_TEXT_MAX]. */
void big_to_text(const struct big *number, char *text);

/* < 0, 0, > 0 as a is below, equal to, above b. */
int big_compare(const struct big *a, const struct big *b);
bool big_equals_small(const struct big *number, uint32_t value);
unsigned big_bits(const struct big *number); /* 0 for zero */

struct big *big_add(const struct big *a, const struct big *b);
struct big *big_subtract(const struct big *a, const struct big *b); /* needs a >= b */
struct big *big_multiply(const struct big *a, const struct big *b);

/* Division by a limb above 0; the remainder is stored or returned. */
struct big *big_divide_small(const struct big *a, uint32_t divisor, uint32_t *remainder);
uint32_t big_modulo_small(const struct big *a, uint32_t divisor);

/* Division by a number above 0. */
struct big *big_divide(const struct big *a, const struct big *divisor);
struct big *big_modulo(const struct big *a, const struct big *divisor);

#endif
