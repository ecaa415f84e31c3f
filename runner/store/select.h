/* From names on the command line to cells: which rows, which allocators, which programs. */
#ifndef RUNNER_SELECT_H
#define RUNNER_SELECT_H

#include "runner/store/store.h"
#include "runner/subject/bench.h"

/* The rows of a mode, or those named; an unknown name is a problem that lists the valid ones. */
int select_rows(const struct bench *bench, const struct strings *names, enum catalog_mode mode,
                struct strings *rows, struct problem *problem);

/* The path of a row's program; a problem when it is not built. */
int select_program(const struct bench *bench, const struct catalog_row *row, const char **program,
                   struct problem *problem);

/* The value of --threads among the arguments, 1 when there is none. */
int select_threads(const struct strings *arguments);

/* The arguments of a row with those of a person put over them: what is given again is taken from
 * the person alone, and --ops and --seconds stand for each other. */
struct strings select_override(struct arena *arena, const struct strings *row,
                               const struct strings *extra);

/* Every allocator on every row, in the arguments of that mode. */
int select_cells(const struct bench *bench, const struct allocators *allocators,
                 const struct strings *rows, enum catalog_mode mode, struct cells *cells,
                 struct problem *problem);

/* Appends the cells of the latency pass: every row under the allocators of the list, by programs
 * that were built to time single calls. */
int select_add_latency(const struct bench *bench, const struct allocators *allocators,
                       const struct strings *rows, enum catalog_mode mode, struct cells *cells,
                       struct problem *problem);

#endif
