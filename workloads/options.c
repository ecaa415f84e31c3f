#include "workloads/options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX     24
#define SECOND_NS       UINT64_C(1000000000)
#define DURATION_MAX_NS (UINT64_C(31) * 86400 * SECOND_NS)

/* The shared options and the workload's own in one list, in the order of --help. */
struct table {
    struct option entry[OPTIONS_MAX];
    size_t count;
    bool ops_given, seconds_given, help_wanted;
};

_Noreturn void options_fail(const struct options *options, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s: ", options->program);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_USAGE);
}

void options_check_range(const struct options *options, uint64_t size_min, uint64_t size_max)
{
    if (size_min > size_max) {
        options_fail(options, "--min %llu is above --max %llu", (unsigned long long)size_min,
                     (unsigned long long)size_max);
    }
}

static void table_add(struct table *table, struct option option)
{
    assert(table->count < OPTIONS_MAX);
    assert(strncmp(option.name, "--", 2) == 0);
    table->entry[table->count++] = option;
}

static void table_make(struct table *table, struct options *options, const struct option *own,
                       size_t own_count)
{
    const char *run_help = "run for this long instead; decimals are allowed";
    *table = (struct table){.count = 0};
    table_add(table, (struct option){"--ops", OPTION_NUMBER, &options->ops, 1, OPTIONS_NUMBER_MAX,
                                     "N", options->ops_help});
    table_add(table, (struct option){"--seconds", OPTION_SECONDS, &options->duration_ns, 0, 0, "S",
                                     run_help});
    table_add(table, (struct option){"--threads", OPTION_NUMBER, &options->threads, 1,
                                     OPTIONS_THREADS_MAX, "T", "number of threads"});
    table_add(table, (struct option){"--seed", OPTION_NUMBER, &options->seed, 0, OPTIONS_NUMBER_MAX,
                                     "X", "seed of every random choice"});
    table_add(table, (struct option){"--audit", OPTION_FLAG, &options->audit, 0, 0, NULL,
                                     "fill every block with a pattern and verify it (slower)"});
    for (size_t i = 0; i < own_count; i++) {
        table_add(table, own[i]);
    }
    table_add(table, (struct option){"--help", OPTION_FLAG, &table->help_wanted, 0, 0, NULL,
                                     "print this help"});
}

static void print_help(const struct options *options, const struct table *table)
{
    printf("usage: %s [OPTION...]\n%s\n\n", options->program, options->about);
    for (size_t i = 0; i < table->count; i++) {
        const struct option *option = &table->entry[i];
        char left[40];
        snprintf(left, sizeof left, "%s %s", option->name, option->value ? option->value : "");
        printf("  %-18s %s", left, option->help);
        if (option->kind == OPTION_NUMBER && *(uint64_t *)option->target != 0) {
            printf(" (default %" PRIu64 ")", *(uint64_t *)option->target);
        }
        putchar('\n');
    }
    puts(
        "\nPrints one line of JSON. Exit codes: 0 pass, 2 usage error, 4 wrong data or no memory.");
}

/* All valid options in one line, for the message about an unknown one. */
static _Noreturn void fail_unknown(const struct options *options, const struct table *table,
                                   const char *given)
{
    char valid[1024];
    size_t length = 0;
    valid[0] = '\0';
    for (size_t i = 0; i < table->count && length < sizeof valid; i++) {
        length +=
            (size_t)snprintf(valid + length, sizeof valid - length, " %s", table->entry[i].name);
    }
    options_fail(options, "unknown option '%s'; valid options:%s", given, valid);
}

/* Decimal digits only: strtoull would take signs, blanks and "0x" and wrap negative numbers. */
static bool parse_number(const char *text, uint64_t *number)
{
    uint64_t value = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value)) {
            return false;
        }
    }
    *number = value;
    return true;
}

/* "1.5" -> 1500000000. Digits beyond the nanosecond are refused rather than dropped. */
static bool parse_seconds(const char *text, uint64_t *nanoseconds)
{
    char whole[24];
    size_t digits = strspn(text, "0123456789");
    uint64_t seconds, fraction = 0, unit = SECOND_NS;
    if (digits == 0 || digits >= sizeof whole) {
        return false;
    }
    memcpy(whole, text, digits);
    whole[digits] = '\0';
    if (!parse_number(whole, &seconds) || seconds > DURATION_MAX_NS / SECOND_NS) {
        return false;
    }
    text += digits;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9' && unit > 1; text++) {
            unit /= 10;
            fraction += (uint64_t)(*text - '0') * unit;
        }
    }
    *nanoseconds = seconds * SECOND_NS + fraction;
    return *text == '\0' && *nanoseconds > 0 && *nanoseconds <= DURATION_MAX_NS;
}

static void take_value(const struct options *options, const struct option *option,
                       const char *value)
{
    uint64_t number;
    switch (option->kind) {
    case OPTION_NUMBER:
        if (!parse_number(value, &number) || number < option->min || number > option->max) {
            options_fail(options,
                         "%s must be a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'",
                         option->name, option->min, option->max, value);
        }
        *(uint64_t *)option->target = number;
        break;
    case OPTION_SECONDS:
        if (!parse_seconds(value, option->target)) {
            options_fail(options,
                         "%s must be a number of seconds above 0, at most %" PRIu64
                         ", with up to 9 decimals, not '%s'",
                         option->name, DURATION_MAX_NS / SECOND_NS, value);
        }
        break;
    case OPTION_TEXT:
        *(const char **)option->target = value;
        break;
    case OPTION_FLAG:
    case OPTION_MODE:
        options_fail(options, "%s takes no value, but '%s' was given", option->name, value);
    }
}

static const struct option *table_find(const struct table *table, const char *name, size_t length)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *known = table->entry[i].name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return &table->entry[i];
        }
    }
    return NULL;
}

void options_parse(struct options *options, const struct option *own, size_t own_count, int argc,
                   char **argv)
{
    struct table table;
    table_make(&table, options, own, own_count);
    /* First, so that the defaults which it prints are still untouched. */
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(options, &table);
            exit(EXIT_PASS);
        }
    }
    for (int i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        size_t length = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const struct option *option = table_find(&table, argv[i], length);
        if (!option) {
            fail_unknown(options, &table, argv[i]);
        }
        bool takes_none = option->kind == OPTION_FLAG || option->kind == OPTION_MODE;
        if (takes_none && !equals) {
            *(bool *)option->target = true;
        } else if (equals) {
            take_value(options, option, equals + 1);
        } else if (i + 1 < argc) {
            take_value(options, option, argv[++i]);
        } else {
            options_fail(options, "%s needs a value", option->name);
        }
        table.ops_given |= option->target == &options->ops;
        table.seconds_given |= option->target == &options->duration_ns;
    }
    if (table.ops_given && table.seconds_given) {
        options_fail(options, "--ops and --seconds exclude each other; give one of them");
    }
}
