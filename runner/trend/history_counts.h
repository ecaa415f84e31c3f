/* Instructions of a row for the history: one run under callgrind of a size that it bears, the rows
 * of workloads/counted.txt.
 */
#ifndef RUNNER_HISTORY_COUNTS_H
#define RUNNER_HISTORY_COUNTS_H

#include "runner/measure/campaign.h"

/* Of the whole process. -1: the row is not in the list, a tool is missing, or the process failed or
 * was interrupted; the problem says which. Takes seconds. */
double history_count(const struct bench *bench, const struct campaign *open,
                     const struct allocator *allocator, const char *workload,
                     struct problem *problem);

#endif
