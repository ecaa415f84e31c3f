/* What hakmem counted in the processes of a session: for a person on stdout, a line an allocator,
 * or as JSON for a machine. Medians of the samples, but all events. Other allocators count nothing
 * that could be read: `-`, or null, which is not 0.
 */
#ifndef RUNNER_KPI_TABLE_H
#define RUNNER_KPI_TABLE_H

#include "runner/base/json.h"
#include "runner/store/store.h"

void kpi_table_print(struct arena *arena, const struct cells *cells,
                     const struct kpi_results *results);

/* An array, an object a cell: its allocator, and `kpi` with all numbers by name. */
json_t *kpi_table_json(struct arena *arena, const struct cells *cells,
                       const struct kpi_results *results);

#endif
