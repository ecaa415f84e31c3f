/* The final table of a session: for a person on stdout, at most 100 columns wide, or as one
 * JSON line for a machine.
 */
#ifndef RUNNER_TABLE_H
#define RUNNER_TABLE_H

#include "runner/base/json.h"
#include "runner/store/summary.h"

void table_print(struct arena *arena, const struct catalog *catalog, const struct summary *summary,
                 enum summary_metric metric);

/* "117 samples: 115 ok, 2 crashed" and the like. */
const char *table_counts(struct arena *arena, const struct summary *summary);

json_t *table_json(const struct summary *summary, enum summary_metric metric);

#endif
