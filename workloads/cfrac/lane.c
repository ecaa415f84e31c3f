#include "workloads/cfrac/lane.h"

#include <assert.h>
#include <string.h>

/* Below 10^70 a number has at most 232 prime factors. */
#define FACTORS_SHOWN_MAX 256

struct number lane_number = {.digits = 44};
const char *lane_factors;

void lane_start(void *context)
{
    struct lane *lane = context;
    lane->texts = probe_memory(FACTORS_SHOWN_MAX * sizeof *lane->texts);
    lane->base.takes_any = true; /* its factors are those of any other lane */
}

/* One factorisation. The number itself is made anew: it lives on the heap under test as well. */
static void factor_once(struct lane *lane, struct rng *rng)
{
    struct big *number = big_from_text(lane_number.text);
    bool right =
        factor_number(number, rng, &lane->factors) && factor_check(number, rng, &lane->factors);
    account.errors += !right;
    lane->text_count = lane->factors.count < FACTORS_SHOWN_MAX ? lane->factors.count : 0;
    for (unsigned i = 0; i < lane->text_count; i++) {
        big_to_text(lane->factors.primes[i], lane->texts[i]);
    }
    factor_release(&lane->factors);
    big_release(number);
    lane->repetitions++;
    /* What was allocated was freed again, or a block was lost. */
    account.errors += account.allocs != account.frees;
}

void lane_run(void *context)
{
    struct lane *lane = context;
    account.audit = lane->base.audit;
    if (setjmp(account_abandon) == 0) {
        do {
            factor_once(lane, &lane->base.rng);
        } while (account.errors == 0 && frame_goes_on(&lane->base, account.allocs));
    }
}

/* Frees nothing: takes the account from its thread. */
void lane_clean(void *context)
{
    struct lane *lane = context;
    struct frame_lane *base = &lane->base;
    lane->account = account;
    base->allocs = account.allocs;
    base->frees = account.frees;
    base->audit_errors = account.errors;
    for (unsigned i = 0; i < lane->text_count; i++) {
        for (const char *digit = lane->texts[i]; *digit != '\0'; digit++) {
            base->checksum = rng_mix(base->checksum * 16 + (uint64_t)(*digit - '0') + 1);
        }
        base->checksum = rng_mix(base->checksum);
    }
    base->checksum += lane->repetitions;
}

/* The factors as a JSON array: the last lane's, which are those of any other. */
void lane_finish(const struct frame *frame, struct report *report)
{
    /* A factor has one digit more than its share of the number's, quotes and a comma. */
    static char json[NUMBER_DIGITS_MAX + 4 * FACTORS_SHOWN_MAX + 8];
    const struct lane *lane = (const struct lane *)frame->lanes + report->options->threads - 1;
    char *at = stpcpy(json, "[");
    for (unsigned i = 0; i < lane->text_count; i++) {
        assert(at + strlen(lane->texts[i]) + 5 < json + sizeof json);
        at = stpcpy(stpcpy(stpcpy(at, i > 0 ? ",\"" : "\""), lane->texts[i]), "\"");
    }
    stpcpy(at, "]");
    lane_factors = json;
}
