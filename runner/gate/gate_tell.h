/* What a gate says of its cells: a line on stderr at every look, the verdict table on stdout, or
 * JSON. Positive percentages: head is slower.
 */
#ifndef RUNNER_GATE_TELL_H
#define RUNNER_GATE_TELL_H

#include "runner/base/json.h"
#include "runner/gate/gate.h"

void gate_tell_step(const struct gate *gate, const char *what);
void gate_tell_block(const struct gate *gate, const struct gate_cell *cell);
void gate_tell_look(const struct gate *gate, const struct gate_cell *cell);

/* Ends a status line on a terminal. */
void gate_tell_end(const struct gate *gate);

void gate_tell_cells(struct arena *arena, const struct gate *gate);
json_t *gate_tell_cells_json(const struct gate *gate);

#endif
