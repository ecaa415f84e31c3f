/* The end of a gate: verdicts, counts and, beside them, what the gate has proved of itself, as a
 * table on stdout or as one line of JSON.
 */
#ifndef RUNNER_GATE_REPORT_H
#define RUNNER_GATE_REPORT_H

#include "runner/gate/gate_count.h"
#include "runner/store/ledger.h"

void gate_report(const struct gate *gate, const struct gate_counts *counts,
                 const struct ledger *ledger, enum exit_code code);

/* The ledger alone. */
void gate_report_ledger(struct arena *arena, const struct ledger *ledger, enum catalog_mode size);
json_t *gate_report_ledger_json(const struct ledger *ledger);

#endif
