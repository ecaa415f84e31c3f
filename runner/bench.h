/* What every command starts with: its options, where the repository is, and the two lists. */
#ifndef RUNNER_BENCH_H
#define RUNNER_BENCH_H

#include "runner/catalog.h"
#include "runner/options.h"

struct bench {
    struct arena *arena;
    const char *root;    /* top of the repository */
    const char *command; /* as typed */
    struct catalog catalog;
    struct options options;
};

/* Reads the options; not yet the lists, because --resume may name others. argv[0] is the
 * sub-command. */
int bench_open(struct arena *arena, int argc, char *const *argv, unsigned accepted,
               struct bench *bench, struct problem *problem);
int bench_read_catalog(struct bench *bench, struct problem *problem);

const char *bench_results_folder(const struct bench *bench);

#endif
