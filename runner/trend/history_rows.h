/* From a duel of a commit with its anchor to the rows of the history: a row a metric. Pure but for
 * the arena.
 */
#ifndef RUNNER_HISTORY_ROWS_H
#define RUNNER_HISTORY_ROWS_H

#include "runner/measure/duel.h"
#include "runner/trend/history.h"

/* Row i of the duel, whose side A is the anchor. The number of rows made; of one in which something
 * is not ok only HISTORY_TIME, with the reason. */
int history_rows_make(struct arena *arena, const char *anchor, const struct commit *commit,
                      const struct duel *duel, int row, struct history_row rows[HISTORY_METRICS]);

#endif
