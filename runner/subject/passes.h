/* The two passes of a session: what is measured in the second, and the plan of both. In the first
 * no operation is timed; in the second, which comes after all of the first, one in 64 is. Pure.
 */
#ifndef RUNNER_PASSES_H
#define RUNNER_PASSES_H

#include "runner/subject/plan.h"

struct passes {
    int repeats[PASSES]; /* samples of a cell, in a mirrored plan blocks of two; 0: no such pass */
    bool is_mirrored;    /* the throughput pass: plan.h */
};

/* The allocators of the latency pass: those that were stored for it by name (a session that goes
 * on), or else all that were named, or, of a standard list, the release default and the peers:
 * those of every variant would take as long as the matrix itself. */
struct allocators passes_choose_timed(struct arena *arena, const struct allocators *all,
                                      const char *stored, bool is_standard);
const char *passes_names(struct arena *arena, const struct allocators *allocators);

/* Cells that are not missing. The cells of a row stand together, those of a pass, too. */
struct plan passes_plan(struct arena *arena, const struct cells *cells, const struct passes *passes,
                        uint64_t seed);

#endif
