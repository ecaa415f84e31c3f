/* The timed stage of a gate: blocks in turn over the cells that are open. */
#ifndef RUNNER_GATE_TIME_H
#define RUNNER_GATE_TIME_H

#include "runner/gate/gate.h"

/* Until every cell has its verdict, or the deadline. Goes on with what the cells have already. */
enum gate_end gate_time(struct gate *gate, struct problem *problem);

#endif
