/* Programs that are not ours, and how each is run under an allocator: the rows of `hakbench
 * programs`. What a row needs and this machine lacks leaves the row out, with a line that says so.
 */
#ifndef RUNNER_PROGRAMS_H
#define RUNNER_PROGRAMS_H

#include "runner/subject/allocator.h"
#include "runner/subject/record.h"

struct program {
    const char *name;
    const char *about;
    const char *binary;      /* found in PATH, or of ours below the root when it holds a '/' */
    const char *package;     /* of Debian; NULL: ours */
    const char *arguments;   /* words between blanks; @ is the root, % a folder for the session */
    const char *environment; /* one more setting; NULL: none */
    int runs;                /* that hyperfine times in a round */
    int threads;             /* 1: pinned to one core */
    bool is_workload;        /* of ours: tells its identity and page faults itself */
    bool is_startup;         /* little but start-up: also without prewarm */
    bool is_server;          /* runs until a client that is timed has ended it: server.h */
};

int programs_count(void);
const struct program *program_at(int index);
const struct program *program_find(const char *name);

/* The path of a program as a shell finds it; -1 with the problem. */
int program_find_binary(struct arena *arena, const char *name, const char **path,
                        struct problem *problem);

/* A cell of the program under the allocator; -1 with what is missing as the problem. */
int program_cell(struct arena *arena, const struct program *program,
                 const struct allocator *allocator, const char *root, const char *folder,
                 struct cell *cell, struct problem *problem);

#endif
