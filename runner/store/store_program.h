/* Table program of the results database. */
#ifndef RUNNER_STORE_PROGRAM_H
#define RUNNER_STORE_PROGRAM_H

#include "runner/process/hyperfine.h"
#include "runner/store/store.h"

struct program_row {
    const char *allocator, *name, *command;
    int failures;
    const char *reason; /* of the first; NULL: none */
    struct hyperfine_sum sum;
};

/* In place of the row that the session has of that program and allocator. 0, or -1 with the
 * problem. */
int store_put_program(struct store *store, int64_t session_id, const struct program_row *row,
                      struct problem *problem);

#endif
