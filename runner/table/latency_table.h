/* The latencies of a session: for a person on stdout, or as JSON for a machine. Of several samples
 * of a cell it shows the median of each percentile, and the largest maximum.
 */
#ifndef RUNNER_LATENCY_TABLE_H
#define RUNNER_LATENCY_TABLE_H

#include "runner/base/json.h"
#include "runner/store/store.h"

/* malloc and free, a line an allocator; nothing when there are none. */
void latency_table_print(struct arena *arena, const struct cells *cells,
                         const struct latency_results *results);

/* An array, an object a cell and kind of operation. */
json_t *latency_table_json(struct arena *arena, const struct cells *cells,
                           const struct latency_results *results);

#endif
