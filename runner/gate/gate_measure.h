/* One process of a gate, stored and judged by the corruption gate; and the stage that does nothing
 * else, with every block verified.
 */
#ifndef RUNNER_GATE_MEASURE_H
#define RUNNER_GATE_MEASURE_H

#include "runner/gate/gate.h"

/* A sample of a cell at the next place, which the plan must have. */
enum gate_end gate_sample(struct gate *gate, struct arena *arena, int cell,
                          const struct allocator *allocator, struct sample *sample,
                          struct problem *problem);

/* Every row on both sides with every block verified. */
enum gate_end gate_audit(struct gate *gate, struct problem *problem);

#endif
