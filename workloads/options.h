/* options: the command line of every workload program.
 *
 * Owns the options that all workloads share and the wording of errors. Knows nothing of what a
 * workload does with its numbers.
 *
 * Protocol: fill a struct options with the defaults, list the workload's own options, call
 * options_parse() once, first thing in main(). It returns only when the command line is valid;
 * otherwise it ends the process: 0 after --help, EXIT_USAGE after one line on stderr.
 * Not thread-safe, and meant for the time before any thread exists. */
#ifndef WORKLOADS_OPTIONS_H
#define WORKLOADS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exit_code {
    EXIT_PASS = 0,
    EXIT_USAGE = 2,   /* bad options, or the machine refuses what they ask for */
    EXIT_CORRUPT = 4, /* the workload saw wrong data, or malloc failed */
};

#define OPTIONS_THREADS_MAX 1024
/* JSON readers hold integers in 64 signed bits. */
#define OPTIONS_NUMBER_MAX INT64_MAX

enum option_kind {
    OPTION_NUMBER,  /* target: uint64_t, between min and max */
    OPTION_SECONDS, /* target: uint64_t in nanoseconds; typed as seconds, with decimals */
    OPTION_FLAG,    /* target: bool, takes no value */
    OPTION_MODE,    /* likewise, but chooses another kind of run: no parameter of this one */
    OPTION_TEXT,    /* target: const char *, which then points into argv */
};

struct option {
    const char *name; /* "--slots" */
    enum option_kind kind;
    void *target;
    uint64_t min, max; /* OPTION_NUMBER only */
    const char *value; /* what --help calls the value, e.g. "N" */
    const char *help;  /* one line */
};

struct options {
    const char *program;  /* the workload's name, also in the JSON line */
    const char *about;    /* one sentence for --help */
    const char *ops_help; /* what one operation is and when --ops stops */
    /* Defaults on entry, the user's wish on return. With duration_ns > 0 the workload runs by
     * time, and ops is to be ignored. */
    uint64_t ops, duration_ns, threads, seed;
    bool audit;
};

/* Parses argv into options and the targets of own[0..own_count-1]. --name value and --name=value
 * are both accepted. An option that is given twice keeps the last value. */
void options_parse(struct options *options, const struct option *own, size_t own_count, int argc,
                   char **argv);

/* Says on stderr, in one line after the program's name, what is wrong with the command line, and
 * ends the process with EXIT_USAGE. For relations between options that the table cannot express. */
_Noreturn void options_fail(const struct options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Fails so when --min is above --max. */
void options_check_range(const struct options *options, uint64_t size_min, uint64_t size_max);

#endif
