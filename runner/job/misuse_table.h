/* What the misuse stage found: a matrix of cases and layer sets for every layout and front, at most
 * 120 columns wide; what is not as predicted, a line each; or JSON for a machine.
 */
#ifndef RUNNER_MISUSE_TABLE_H
#define RUNNER_MISUSE_TABLE_H

#include "runner/base/json.h"
#include "runner/job/misuse.h"

#include <stdio.h>

void misuse_table_print(struct arena *arena, const struct misuse_stage *stage);

/* What is missing and what is not as predicted, and last how many predictions held. */
void misuse_table_print_held(struct arena *arena, const struct misuse_stage *stage, FILE *file);

json_t *misuse_table_json(const struct misuse_stage *stage);

#endif
