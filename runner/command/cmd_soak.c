#include "runner/base/style.h"
#include "runner/command/commands.h"
#include "runner/job/grid.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_COLUMNS = 18, WORKLOAD_COLUMNS = 13, TIMEOUT_LEAST = 120 };
static const double seconds_max = 86400;

/* Without defences and with all of them: the layers must find nothing in programs that are right,
 * and programs must not need them. */
static void add_defaults(struct arena *arena, const struct catalog *catalog, enum catalog_mode mode,
                         struct strings *names)
{
    (void)catalog;
    (void)mode;
    strings_add(arena, names, "hakmem");
    strings_add(arena, names, "hakmem:layers=all");
}

/* A workload ends the unit of work that it is in, which under audit may take a minute. */
static int add_arguments(struct arena *arena, struct options *options, struct strings *arguments,
                         struct problem *problem)
{
    const char *seconds = options->seconds != NULL ? options->seconds : "60";
    char *rest;
    const double value = strtod(seconds, &rest);
    if (*rest != '\0' || rest == seconds || !(value > 0) || value > seconds_max)
        return problem_set(problem, "--seconds %s: give a number above 0, at most %.0f", seconds,
                           seconds_max);
    strings_add(arena, arguments, "--seconds");
    strings_add(arena, arguments, seconds);
    strings_add(arena, arguments, "--audit");
    options->seconds = seconds;
    if (options->timeout_s == 0)
        options->timeout_s = TIMEOUT_LEAST + 2 * (long)value;
    return 0;
}

/* 1234567 -> "1.2 M" */
static const char *large(struct arena *arena, int64_t count)
{
    return count < 10000 ? arena_printf(arena, "%lld", (long long)count)
                         : arena_printf(arena, "%.1f M", (double)count / 1e6);
}

/* What a process that did not end well had counted is not known: its operations are left out. */
static void print_ledger(struct arena *arena, const struct summary *summary)
{
    const bool colour = style_is_wanted(stdout);
    printf("\n%s%-*s %-*s  audited ops  crashed  corruptions  audit errors  other%s\n",
           style_on(colour, STYLE_DIM), WORKLOAD_COLUMNS, "workload", NAME_COLUMNS, "allocator",
           style_off(colour));
    for (int i = 0; i < summary->count; i++) {
        const struct line *line = &summary->lines[i];
        const int other =
            line->counts[SAMPLE_TIMEOUT] + line->counts[SAMPLE_FAILED] + line->counts[SAMPLE_VOID];
        const bool is_good = line->counts[SAMPLE_OK] == line->samples && line->corruptions == 0;
        printf("%-*s %-*s %12s %8d %12lld %13lld %6d\n", WORKLOAD_COLUMNS, line->cell->workload,
               NAME_COLUMNS, line->cell->allocator.name, large(arena, line->operations),
               line->counts[SAMPLE_CRASH], (long long)line->corruptions,
               (long long)line->audit_errors, other);
        if (!is_good && line->reason != NULL)
            printf("    %s! %s%s\n", style_on(colour, STYLE_BAD), line->reason, style_off(colour));
        if (line->cell->allocator.missing != NULL)
            printf("    missing (%s)\n", line->cell->allocator.missing);
    }
    const long long events =
        summary->counts[SAMPLE_CRASH] + summary->corruptions + summary->audit_errors;
    if (events == 0 && summary->operations > 0)
        printf("\n%sno crash and no corruption%s in %s audited operations: by the rule of three at "
               "most\n%.1g per operation with 95 %% confidence\n",
               style_on(colour, STYLE_BOLD), style_off(colour), large(arena, summary->operations),
               3 / (double)summary->operations);
    else
        printf("\n%scrashes, corruptions and audit errors: %lld%s in %s audited operations\n",
               style_on(colour, STYLE_BAD), events, style_off(colour),
               large(arena, summary->operations));
}

static const struct grid_design design = {
    .help =
        "usage: hakbench soak [options]\n"
        "\n"
        "Runs every workload for a long time with its audit on: each block is filled with a\n"
        "pattern and verified when it is freed. By default under hakmem with all layers and with\n"
        "none, 60 seconds a sample, one sample of each; --seconds and --repeats change that. What\n"
        "counts is crashes, corruptions and how many operations were audited; it measures no\n"
        "speed. Exit code 4: something crashed or was corrupted. --resume goes on.\n",
    .hint = "report: python3 -m reports --session, with that number",
    .kind = "exec",
    .mode = "soak",
    .options = OPTION_MODE | OPTION_ALLOCATORS | OPTION_WORKLOADS | OPTION_REPEATS | OPTION_SEED |
               OPTION_SECONDS | OPTION_RESULTS | OPTION_RESUME | OPTION_TIMEOUT | OPTION_WAIT |
               OPTION_MATRIX | OPTION_ROWS,
    .repeats = {1, 1, 1},
    .add_names = add_defaults,
    .add_arguments = add_arguments,
    .print = print_ledger,
};

int command_soak(int argc, char *const *argv)
{
    return grid_command(&design, argc, argv);
}
