/* A sub-command from its words to its exit code: what all of them begin and end with. */
#ifndef RUNNER_TASK_H
#define RUNNER_TASK_H

#include "runner/measure/campaign.h"

struct task {
    const char *help;         /* above the options */
    void (*print_more)(void); /* between the two; NULL: nothing */
    unsigned options;         /* that it accepts */
    bool takes_words;         /* arguments that are no options, and what follows -- */
    const void *design;       /* for `run` */
    /* Called with options that could be read and a campaign that is not open yet; what it opens
     * there is closed after it. An exit code, what is wrong told on stderr by then; -1: the problem
     * is to be told. */
    int (*run)(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem);
};

/* An exit code. argv[0] is the sub-command. */
int task_command(const struct task *task, int argc, char *const *argv);

#endif
