#include "workloads/cfrac/split.h"

#include "workloads/cfrac/account.h"
#include "workloads/cfrac/arith.h"
#include "workloads/cfrac/base.h"
#include "workloads/cfrac/combine.h"
#include "workloads/cfrac/relation.h"

/* Relations beyond the number of columns: each more halves the risk that none splits. */
#define RELATIONS_EXTRA 10

/* The expansion of sqrt(D), D = kN, after step n, with g = floor(sqrt(D)):
 *   a_before = A(n-1), a = A(n) mod N     p = P(n+1)     q_before = Q(n), q = Q(n+1)
 * and the invariant A(n)^2 = (-1)^(n+1) Q(n+1) (mod N); `negative` is the parity of n + 1. */
struct expansion {
    const struct big *number;
    struct big *root; /* g */
    struct big *a_before, *a, *p, *q_before, *q;
    bool negative;
};

static void expansion_start(struct expansion *e, const struct big *number, const struct big *target)
{
    e->number = number;
    e->root = arith_root(target, 2);
    e->a_before = big_from_number(1);
    e->a = big_modulo(e->root, number);
    e->p = big_retain(e->root);
    e->q_before = big_from_number(1);
    struct big *square = big_multiply(e->root, e->root);
    e->q = big_subtract(target, square);
    e->negative = true;
    big_release(square);
}

static void expansion_end(struct expansion *e)
{
    big_release(e->root);
    big_release(e->a_before);
    big_release(e->a);
    big_release(e->p);
    big_release(e->q_before);
    big_release(e->q);
}

/* term * a + a_before mod N, all below N. */
static struct big *next_convergent(const struct expansion *e, const struct big *term)
{
    struct big *product = arith_multiply_modulo(term, e->a, e->number);
    struct big *sum = big_add(product, e->a_before);
    big_release(product);
    if (big_compare(sum, e->number) < 0) {
        return sum;
    }
    struct big *reduced = big_subtract(sum, e->number);
    big_release(sum);
    return reduced;
}

/* q_before + term * (p - p_next), where the difference may be negative. */
static struct big *next_q(const struct expansion *e, const struct big *term,
                          const struct big *p_next)
{
    bool falls = big_compare(e->p, p_next) >= 0;
    struct big *change = falls ? big_subtract(e->p, p_next) : big_subtract(p_next, e->p);
    struct big *product = big_multiply(term, change);
    struct big *q = falls ? big_add(e->q_before, product) : big_subtract(e->q_before, product);
    big_release(change);
    big_release(product);
    return q;
}

static void expansion_step(struct expansion *e)
{
    struct big *sum = big_add(e->root, e->p);
    struct big *term = big_divide(sum, e->q);
    struct big *whole = big_multiply(term, e->q);
    struct big *p_next = big_subtract(whole, e->p);
    struct big *q_next = next_q(e, term, p_next);
    struct big *a_next = next_convergent(e, term);
    big_release(sum);
    big_release(term);
    big_release(whole);
    big_release(e->a_before);
    e->a_before = e->a;
    e->a = a_next;
    big_release(e->p);
    e->p = p_next;
    big_release(e->q_before);
    e->q_before = e->q;
    e->q = q_next;
    e->negative = !e->negative;
}

/* One multiplier: collects relations and combines them, until a divisor is found or the expansion
 * has gone through its period, after which it would only repeat itself. */
static struct big *attempt(const struct big *number, const struct base *base)
{
    struct expansion expansion;
    struct relation *relations = NULL;
    struct big *divisor = NULL;
    unsigned count = 0, wanted = base->size + 1 + RELATIONS_EXTRA;
    bool period_over = false;
    expansion_start(&expansion, number, base->target);
    while (!divisor && !period_over) {
        struct relation *relation =
            relation_try(base, expansion.a, expansion.q, expansion.negative);
        if (relation) {
            relation->next = relations;
            relations = relation;
            count++;
        }
        /* Q is 1 at the end of a period only. */
        period_over = big_equals_small(expansion.q, 1);
        if (count == wanted || (period_over && count > 0)) {
            divisor = combine_relations(number, base, relations, count);
            wanted += RELATIONS_EXTRA;
        }
        expansion_step(&expansion);
        account_tell();
    }
    relation_free_all(relations);
    expansion_end(&expansion);
    return divisor;
}

struct big *split(const struct big *number)
{
    struct big *divisor = NULL;
    for (unsigned i = 0; !divisor; i++) {
        struct base *base = base_make(number, i);
        if (!base) {
            break;
        }
        divisor = attempt(number, base);
        base_free(base);
    }
    return divisor;
}
