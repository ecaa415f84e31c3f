/* What a gate compares: both commits built, and the cells of its rows on both sides. */
#ifndef RUNNER_GATE_BUILD_H
#define RUNNER_GATE_BUILD_H

#include "runner/gate/gate.h"

/* Builds both commits, base's allocator and head's allocator and workloads. The refs are those that
 * were typed; a commit that is set already (of a resumed gate) counts more. */
int gate_build(struct gate *gate, struct problem *problem);

/* The cells of the named rows of workloads/gate.txt, all when none is named, with the deltas that
 * stored A/A gates give. After gate_build. */
int gate_choose(struct gate *gate, const struct strings *names, struct problem *problem);

#endif
