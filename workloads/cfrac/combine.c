#include "workloads/cfrac/combine.h"

#include <string.h>

#include "workloads/cfrac/account.h"
#include "workloads/cfrac/arith.h"

/* A row of the elimination: the parities of the exponents (column 0 is the sign), and which of the
 * relations were multiplied to get there. One allocation: both sets stand in words. */
struct row {
    uint64_t *parities, *members;
    uint64_t words[];
};

struct matrix {
    const struct relation **relations; /* count of them */
    struct row **rows;                 /* count of them, echelon form in the making */
    unsigned count, columns;
    unsigned parity_words, member_words;
};

static unsigned words_for(unsigned bits)
{
    return (bits + 63) / 64;
}

static void flip(uint64_t *set, unsigned bit)
{
    set[bit / 64] ^= UINT64_C(1) << bit % 64;
}

static bool has(const uint64_t *set, unsigned bit)
{
    return set[bit / 64] >> bit % 64 & 1;
}

static struct row *make_row(const struct matrix *matrix, unsigned index)
{
    size_t words = matrix->parity_words + matrix->member_words;
    struct row *row = account_malloc(sizeof *row + words * sizeof *row->words);
    memset(row->words, 0, words * sizeof *row->words);
    row->parities = row->words;
    row->members = row->words + matrix->parity_words;
    const struct relation *relation = matrix->relations[index];
    if (relation->negative) {
        flip(row->parities, 0);
    }
    for (const struct power *power = relation->powers; power; power = power->next) {
        if (power->exponent & 1) {
            flip(row->parities, power->index + 1u);
        }
    }
    flip(row->members, index);
    return row;
}

static void matrix_make(struct matrix *matrix, const struct base *base,
                        const struct relation *first, unsigned count)
{
    matrix->count = count;
    matrix->columns = base->size + 1;
    matrix->parity_words = words_for(matrix->columns);
    matrix->member_words = words_for(count);
    matrix->relations = account_malloc(count * sizeof *matrix->relations);
    matrix->rows = account_malloc(count * sizeof *matrix->rows);
    for (unsigned i = 0; i < count; i++, first = first->next) {
        matrix->relations[i] = first;
    }
    for (unsigned i = 0; i < count; i++) {
        matrix->rows[i] = make_row(matrix, i);
    }
}

static void matrix_free(struct matrix *matrix)
{
    for (unsigned i = 0; i < matrix->count; i++) {
        account_free(matrix->rows[i]);
    }
    account_free(matrix->rows);
    account_free(matrix->relations);
}

/* Gaussian elimination. Returns the rank; the rows from there on have no odd exponent left. */
static unsigned eliminate(struct matrix *matrix)
{
    unsigned rank = 0, words = matrix->parity_words + matrix->member_words;
    for (unsigned column = 0; column < matrix->columns; column++) {
        unsigned pivot = rank;
        while (pivot < matrix->count && !has(matrix->rows[pivot]->parities, column)) {
            pivot++;
        }
        if (pivot == matrix->count) {
            continue;
        }
        struct row *row = matrix->rows[pivot];
        matrix->rows[pivot] = matrix->rows[rank];
        matrix->rows[rank++] = row;
        for (unsigned i = pivot + 1; i < matrix->count; i++) {
            struct row *other = matrix->rows[i];
            if (has(other->parities, column)) {
                for (unsigned w = 0; w < words; w++) {
                    other->words[w] ^= row->words[w];
                }
            }
        }
    }
    return rank;
}

static void multiply_into(struct big **product, const struct big *factor, const struct big *modulus)
{
    struct big *next = arith_multiply_modulo(*product, factor, modulus);
    big_release(*product);
    *product = next;
}

/* gcd(X + Y, N) for the relations of a row whose exponents are all even. */
static struct big *try_row(const struct matrix *matrix, const struct row *row,
                           const struct base *base, const struct big *number)
{
    uint32_t *exponents = account_malloc(base->size * sizeof *exponents);
    struct big *x = big_from_number(1), *y = big_from_number(1);
    memset(exponents, 0, base->size * sizeof *exponents);
    for (unsigned i = 0; i < matrix->count; i++) {
        if (!has(row->members, i)) {
            continue;
        }
        multiply_into(&x, matrix->relations[i]->x, number);
        const struct power *power = matrix->relations[i]->powers;
        for (; power; power = power->next) {
            exponents[power->index] += power->exponent;
        }
    }
    for (unsigned i = 0; i < base->size; i++) {
        if (exponents[i] % 2 != 0) {
            account_fail();
        }
        struct big *prime = exponents[i] ? big_from_number(base->primes[i].prime) : NULL;
        for (uint32_t half = exponents[i] / 2; half > 0; half--) {
            multiply_into(&y, prime, number);
        }
        big_release(prime);
    }
    struct big *sum = big_add(x, y);
    struct big *divisor = arith_gcd(sum, number);
    big_release(sum);
    big_release(x);
    big_release(y);
    account_free(exponents);
    if (big_equals_small(divisor, 1) || big_compare(divisor, number) == 0) {
        big_release(divisor);
        return NULL;
    }
    return divisor;
}

struct big *combine_relations(const struct big *number, const struct base *base,
                              const struct relation *first, unsigned count)
{
    struct matrix matrix;
    struct big *divisor = NULL;
    if (account.audit) {
        for (const struct relation *relation = first; relation; relation = relation->next) {
            if (!relation_holds(base, relation, number)) {
                account_fail();
            }
        }
    }
    matrix_make(&matrix, base, first, count);
    for (unsigned i = eliminate(&matrix); i < count && !divisor; i++) {
        divisor = try_row(&matrix, matrix.rows[i], base, number);
    }
    matrix_free(&matrix);
    return divisor;
}
