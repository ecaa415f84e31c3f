/* What disturbed a stretch of time, without a look at what was measured in it: time that the
 * hypervisor stole, processor time of others, involuntary switches. The gate voids blocks by these
 * and by nothing else, because a block that is left out for its times would bias the verdict.
 * Reads /proc/stat; in clock ticks of 10 ms, so that a stretch below half a second tells little.
 */
#ifndef RUNNER_COVARIATES_H
#define RUNNER_COVARIATES_H

#include "runner/base/text.h"

#include <sched.h>
#include <stdint.h>

struct covariates_start {
    int64_t at_ns, stolen_ticks, busy_ticks;
    const cpu_set_t *cores;
};

struct covariates {
    double steal;    /* stolen, as a share of the time of the cores used */
    double foreign;  /* processor time that was not ours, likewise; not below 0 */
    double switches; /* involuntary ones of our processes a second */
    int64_t wall_ns;
};

struct covariates_start covariates_begin(const cpu_set_t *cores);

/* `own_ns`: processor time of our processes since; `switches`: their involuntary switches. */
struct covariates covariates_end(const struct covariates_start *start, int64_t own_ns,
                                 int64_t switches);

/* Why a block with these is void, NULL when it is not. `is_pinned`: one thread on one core,
 * which has no reason to be switched away. */
const char *covariates_void(struct arena *arena, const struct covariates *covariates,
                            bool is_pinned);

#endif
