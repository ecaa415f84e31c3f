/* What every command starts with: its options, where the repository is, and the two lists. */
#ifndef RUNNER_BENCH_H
#define RUNNER_BENCH_H

#include "runner/subject/catalog.h"
#include "runner/subject/options.h"

struct bench {
    struct arena *arena;
    const char *root;    /* top of the repository */
    const char *name;    /* the sub-command */
    const char *command; /* as typed */
    struct catalog catalog;
    struct options options;
};

/* Reads the options; not yet the lists, because --resume may name others. argv[0] is the
 * sub-command. */
int bench_open(struct arena *arena, int argc, char *const *argv, unsigned accepted,
               struct bench *bench, struct problem *problem);
int bench_read_catalog(struct bench *bench, struct problem *problem);

/* Says the problem on stderr in the sub-command's name, also when bench_open has failed. Returns
 * EXIT_USAGE. */
int bench_fail(const struct bench *bench, const struct problem *problem);
/* The same for a command that goes on where it was when it is called again: an interrupt is no
 * problem, and EXIT_INTERRUPTED. */
int bench_stop(const struct bench *bench, const struct problem *problem);

const char *bench_results_folder(const struct bench *bench);
/* The file that a new results database is made from. */
const char *bench_schema(const struct bench *bench);

#endif
