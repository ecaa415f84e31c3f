/* What a gate does not complain of: shifts that were accepted between its commits. */
#ifndef RUNNER_GATE_ACCEPT_H
#define RUNNER_GATE_ACCEPT_H

#include "runner/gate/gate.h"

/* Sets gate->accepted, by the table and the first parents from head to base. After gate_build. */
int gate_accept_read(struct gate *gate, struct problem *problem);

#endif
