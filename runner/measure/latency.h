/* From the histograms of a workload's page (workloads/page.h) to the rows of table latency. Pure:
 * reads memory that nobody writes any more. */
#ifndef RUNNER_LATENCY_H
#define RUNNER_LATENCY_H

#include "runner/subject/record.h"
#include "workloads/page.h"

/* The kinds of operation that were timed at all, at most WORK_OPERATIONS; their number is returned.
 * None where nothing was to be timed, or the process ended before its clock was measured. */
int latency_read(struct arena *arena, const struct work_page *page,
                 struct latency rows[WORK_OPERATIONS]);

/* The operation that is in place ceil(quantile * n) of n, in rising order, as the largest number of
 * its bucket. 0 when there is none. */
uint64_t latency_quantile(const struct work_histogram *histogram, double quantile);

#endif
