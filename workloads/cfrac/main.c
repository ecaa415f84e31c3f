/* cfrac: factors a number with continued fractions: tiny, short-lived blocks, freed nearly in the
 * order in which they were made. Real work, whose result is checked. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "workloads/cfrac/account.h"
#include "workloads/cfrac/big.h"
#include "workloads/cfrac/factor.h"
#include "workloads/probe.h"
#include "workloads/report.h"
#include "workloads/rng.h"

#define DIGITS_MAX 70
/* Below 10^70 a number has at most 232 prime factors. */
#define FACTORS_SHOWN_MAX 256

/* By number of digits. All but the last are products of two primes of equal length, the first
 * from the digits of pi on, the second from those of e squared on (see README.md). */
static const struct preset {
    uint64_t digits;
    const char *number;
} presets[] = {
    {20, "23213404412335689439"},
    {24, "232134043582425182026639"},
    {28, "2321340435739699508201130823"},
    {30, "232134043573691888887129957819"},
    {32, "23213404357364003455013964964507"},
    {34, "2321340435736345805006597796451429"},
    {36, "232134043573633893955167031810790839"},
    {38, "23213404357363387584972186759635671543"},
    {40, "2321340435736338728423643618389589667709"},
    {42, "232134043573633872403794219500909073479603"},
    {44, "17545186520507317056371138836327483792789528"},
};

#define PRESET_COUNT (sizeof presets / sizeof *presets)

struct lane { /* what one thread owns */
    struct account account;
    struct factors factors;      /* of the last repetition */
    char (*texts)[BIG_TEXT_MAX]; /* of these factors */
    unsigned text_count;
    uint64_t repetitions, allocs_wanted;
} __attribute__((aligned(128)));

struct cfrac {
    struct options options;
    const char *text; /* the number */
    uint64_t digits;
    struct lane *lanes;
};

/* One factorisation. The number itself is made anew: it lives on the heap under test as well. */
static void factor_once(const struct cfrac *cfrac, struct lane *lane, struct rng *rng)
{
    struct big *number = big_from_text(cfrac->text);
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

static void run(void *context, unsigned index)
{
    const struct cfrac *cfrac = context;
    struct lane *lane = &cfrac->lanes[index];
    struct rng rng = rng_start(cfrac->options.seed, index);
    bool by_time = cfrac->options.duration_ns > 0;
    account.audit = cfrac->options.audit;
    if (setjmp(account_abandon) == 0) {
        do {
            factor_once(cfrac, lane, &rng);
        } while (account.errors == 0 &&
                 (by_time ? !probe_time_is_up() : account.allocs < lane->allocs_wanted));
    }
    lane->account = account;
}

static void make_lanes(struct cfrac *cfrac)
{
    uint64_t threads = cfrac->options.threads;
    cfrac->lanes = probe_memory(threads * sizeof *cfrac->lanes);
    for (uint64_t i = 0; i < threads; i++) {
        struct lane *lane = &cfrac->lanes[i];
        lane->texts = probe_memory(FACTORS_SHOWN_MAX * sizeof *lane->texts);
        lane->allocs_wanted = options_share_of_ops(&cfrac->options, i);
    }
}

/* The factors as a JSON array, and mixed into a checksum. */
static uint64_t print_factors(const struct lane *lane, char *json, size_t size)
{
    uint64_t checksum = 0;
    size_t at = 0;
    json[at++] = '[';
    for (unsigned i = 0; i < lane->text_count; i++) {
        const char *text = lane->texts[i];
        size_t length = strlen(text);
        assert(at + length + 5 < size);
        if (i > 0) {
            json[at++] = ',';
        }
        json[at++] = '"';
        memcpy(json + at, text, length);
        at += length;
        json[at++] = '"';
        for (; *text != '\0'; text++) {
            checksum = rng_mix(checksum * 16 + (uint64_t)(*text - '0') + 1);
        }
        checksum = rng_mix(checksum);
    }
    json[at++] = ']';
    json[at] = '\0';
    return checksum;
}

static int measure(struct cfrac *cfrac)
{
    /* A factor has one digit more than its share of the number's, quotes and a comma. */
    static char factors[DIGITS_MAX + 4 * FACTORS_SHOWN_MAX + 8];
    uint64_t repetitions = 0, bytes = 0, upto16 = 0, upto32 = 0, live_max = 0;
    make_lanes(cfrac);
    struct probe_job job = {
        .run = run, .context = cfrac, .threads = (unsigned)cfrac->options.threads};
    struct report report = {.options = &cfrac->options};
    report.reading = probe_measure(&cfrac->options, &job);
    for (uint64_t i = 0; i < cfrac->options.threads; i++) {
        const struct lane *lane = &cfrac->lanes[i];
        report.allocs += lane->account.allocs;
        report.frees += lane->account.frees;
        report.audit_errors += lane->account.errors;
        report.checksum += print_factors(lane, factors, sizeof factors) + lane->repetitions;
        repetitions += lane->repetitions;
        bytes += lane->account.bytes;
        upto16 += lane->account.upto16;
        upto32 += lane->account.upto32;
        live_max += lane->account.live_max;
    }
    report.ops = report.allocs;
    struct report_item params[] = {{.name = "digits", .number = cfrac->digits}};
    struct report_item result[] = {
        {.name = "number", .text = cfrac->text},        {.name = "factors", .json = factors},
        {.name = "repetitions", .number = repetitions}, {.name = "bytes", .number = bytes},
        {.name = "allocs_upto16", .number = upto16},    {.name = "allocs_17to32", .number = upto32},
        {.name = "held_blocks_max", .number = live_max}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

static _Noreturn void fail_digits(const struct cfrac *cfrac)
{
    char valid[128];
    size_t length = 0;
    valid[0] = '\0';
    for (size_t i = 0; i < PRESET_COUNT && length < sizeof valid; i++) {
        length += (size_t)snprintf(valid + length, sizeof valid - length, " %llu",
                                   (unsigned long long)presets[i].digits);
    }
    options_fail(&cfrac->options, "no built-in number of %llu digits; there are:%s",
                 (unsigned long long)cfrac->digits, valid);
}

/* Settles which number is meant, before anything is allocated. */
static void choose_number(struct cfrac *cfrac)
{
    if (!cfrac->text) {
        for (size_t i = 0; i < PRESET_COUNT && !cfrac->text; i++) {
            cfrac->text = presets[i].digits == cfrac->digits ? presets[i].number : NULL;
        }
        if (!cfrac->text) {
            fail_digits(cfrac);
        }
        return;
    }
    const char *given = cfrac->text;
    size_t zeros = strspn(given, "0");
    size_t digits = strspn(given + zeros, "0123456789");
    cfrac->text += zeros;
    if (given[zeros + digits] != '\0' || digits == 0 || digits > DIGITS_MAX ||
        strcmp(cfrac->text, "1") == 0) {
        options_fail(&cfrac->options,
                     "--number must be a whole number above 1 of at most %d digits, not '%s'",
                     DIGITS_MAX, given);
    }
    cfrac->digits = digits;
}

int main(int argc, char **argv)
{
    static struct cfrac cfrac = {
        .options = {.program = "cfrac",
                    .about = "Factors a number with continued fractions and small bignums on the "
                             "heap, and checks the factors.",
                    .ops_help = "repeat until so many blocks were made (once if absent)",
                    .threads = 1,
                    .seed = 1},
        .digits = 44};
    const struct option own[] = {
        {"--number", OPTION_TEXT, &cfrac.text, 0, 0, "N", "the number to factor"},
        {"--digits", OPTION_NUMBER, &cfrac.digits, 1, DIGITS_MAX, "D",
         "a built-in number of so many digits"},
    };
    options_parse(&cfrac.options, own, sizeof own / sizeof *own, argc, argv);
    choose_number(&cfrac);
    return measure(&cfrac);
}
