/* Sessions that measure every chosen allocator on every chosen row: from options to a plan, begun
 * anew or resumed, measured to the end, told as a table. Commands of this kind differ in what they
 * take by default and in which order they measure it; that is their design.
 */
#ifndef RUNNER_GRID_H
#define RUNNER_GRID_H

#include "runner/measure/campaign.h"
#include "runner/store/summary.h"

struct grid_design {
    const char *help;        /* above the options */
    const char *hint;        /* below the table: what to do with the results; NULL: nothing */
    const char *kind;        /* of the session */
    const char *mode;        /* of the session; NULL: that of the matrix */
    const char *rows;        /* list of rows, from the root; NULL: the standard one */
    unsigned options;        /* that the command accepts */
    bool is_mirrored;        /* blocks of --blocks, hakmem first among the allocators: plan.h */
    int repeats[MODE_COUNT]; /* default of --repeats or --blocks */
    int timeout_s[MODE_COUNT];
    int latency_repeats[MODE_COUNT]; /* samples of a cell in the latency pass; 0: there is none */
    /* What is put over the arguments of every row; also sets options that were not given. -1 with
     * the problem. NULL: nothing. */
    int (*add_arguments)(struct arena *arena, struct options *options, struct strings *arguments,
                         struct problem *problem);
    /* The results for a person, in place of the table of rates; NULL: that table. */
    void (*print)(struct arena *arena, const struct summary *summary);
    /* The allocators when none are named. */
    void (*add_names)(struct arena *arena, const struct catalog *catalog, enum catalog_mode mode,
                      struct strings *names);
    /* After the last sample of a session that measured all that its mode takes, before the table.
     * An exit code, what is wrong told on stderr; the worse one counts. NULL: nothing. */
    int (*add_stage)(const struct bench *bench, const struct campaign *campaign,
                     enum catalog_mode mode);
};

/* An exit code; what is wrong was told on stderr by then. argv[0] is the command. */
int grid_command(const struct grid_design *design, int argc, char *const *argv);

#endif
