/* The command line after the sub-command: one table of options for all commands, so that an
 * option means the same everywhere and --help cannot forget one.
 */
#ifndef RUNNER_OPTIONS_H
#define RUNNER_OPTIONS_H

#include "runner/base/text.h"

#include <stdint.h>

enum option {
    OPTION_MODE = 1 << 0,
    OPTION_ALLOCATORS = 1 << 1,
    OPTION_WORKLOADS = 1 << 2,
    OPTION_WORKLOAD = 1 << 3,
    OPTION_REPEATS = 1 << 4,
    OPTION_BLOCKS = 1 << 5,
    OPTION_SEED = 1 << 6,
    OPTION_RESULTS = 1 << 7,
    OPTION_RESUME = 1 << 8,
    OPTION_TIMEOUT = 1 << 9,
    OPTION_WAIT = 1 << 10,
    OPTION_SHOW_OUTPUT = 1 << 11,
    OPTION_MATRIX = 1 << 12,
    OPTION_ROWS = 1 << 13,
    OPTION_JSON = 1 << 14,
    OPTION_HELP = 1 << 15,
    OPTION_FILTER = 1 << 16,
    OPTION_MIN_TIME = 1 << 17,
    OPTION_CASE = 1 << 18,
    OPTION_SECONDS = 1 << 19,
    OPTION_WHY = 1 << 20,
    OPTION_COMMITS = 1 << 21,
    OPTION_ANCHOR = 1 << 22,
    OPTION_GOOD = 1 << 23,
    OPTION_BAD = 1 << 24,
    OPTION_FORMAT = 1 << 26,
    OPTION_OUTPUT = 1 << 27,
    OPTION_SESSION = 1 << 28,
    OPTION_BRIEF = 1 << 29,
    OPTION_PASS = 1 << 25,
    OPTION_NO_KPI = 1 << 30,
    OPTION_GATE = (int)(1u << 31), /* those of `hakbench gate` alone */
};

/* NULL, 0 and false stand for "not given". */
struct options {
    const char *mode, *allocators, *results, *matrix, *rows, *filter, *min_time, *seconds, *pass;
    const char *why, *commits, *anchor, *good, *bad;
    const char *format, *output;
    struct strings workloads, cases;
    long repeats, blocks, timeout_s, seed, session;
    bool resume, wait, show_output, quick, json, help, no_kpi;
    const char *base, *head, *plant;
    long prove, replay, plan;
    bool deterministic, timed;
    struct strings positional;
    struct strings rest; /* what follows -- */
    bool has_rest;
};

/* `accepted`: the options of this command, OPTION_JSON and OPTION_HELP always. */
int options_parse(struct arena *arena, int argc, char *const *argv, unsigned accepted,
                  struct options *options, struct problem *problem);

/* One line an option. */
void options_print(unsigned accepted);

#endif
