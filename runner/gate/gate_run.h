/* A gate from its commits to its exit code, begun anew or resumed, every stage stored. */
#ifndef RUNNER_GATE_RUN_H
#define RUNNER_GATE_RUN_H

#include "runner/gate/gate_count.h"

/* Before: gate->bench (with rows), the opened campaign, refs, plant, size, stages, blocks_most; or,
 * `resumes`, what gate_store_find set. `names`: rows, all when there are none; of a resumed gate
 * those that it has. */
enum gate_end gate_run(struct gate *gate, const struct strings *names, bool resumes,
                       struct gate_counts *counts, struct problem *problem);

#endif
