/* The gate proves itself: live gates of one cell with nothing or a known change planted, in turn,
 * for the ledgers; many A/A gates decided anew from stored blocks; and what a night could detect.
 */
#ifndef RUNNER_GATE_PROOF_H
#define RUNNER_GATE_PROOF_H

#include "runner/gate/gate.h"

/* Each takes bench and the opened campaign from `gate`, tells what came of it, and returns an exit
 * code. */

/* For options.prove minutes; what is not finished then goes on the next time. --workloads and
 * --plant narrow it down. */
int gate_prove(const struct gate *gate, struct problem *problem);

/* options.replay gates over all rows that have A/A blocks. */
int gate_replay(const struct gate *gate, struct problem *problem);

/* For options.plan minutes. */
int gate_plan(const struct gate *gate, struct problem *problem);

#endif
