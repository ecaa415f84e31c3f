/* Google Benchmark's JSON, read: from this or any other program that writes it. Knows no database.
 */
#ifndef RUNNER_GBENCH_H
#define RUNNER_GBENCH_H

#include "runner/store/export.h"

/* The document of a text. NaN and infinities, which Google Benchmark writes bare and JSON does not
 * know, become null. NULL with the problem, which names `what`. The caller drops it. */
json_t *gbench_read(struct arena *arena, const char *text, const char *what,
                    struct problem *problem);

/* The single runs of a document as series; aggregates of them are left out. Series and points live
 * in the arena. */
void gbench_series(struct arena *arena, const json_t *document, struct export_session *session);

/* How an errored run is told apart: among the aggregates, because compare.py takes whatever else
 * has no time for an error of the file. */
#define GBENCH_ERROR_NAME "error"

#endif
