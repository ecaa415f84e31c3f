/* The deterministic stage of a gate: rows of workloads/counted.txt on both sides, each several
 * times and in turn, linked in the order of the build without padding. What seems to have grown is
 * counted as often again before it is told, because a count may have two values and three runs may
 * all see the same one. Fits into a minute or two whatever the machine is busy with.
 */
#ifndef RUNNER_GATE_COUNT_H
#define RUNNER_GATE_COUNT_H

#include "runner/gate/gate.h"
#include "runner/measure/counts.h"

struct gate_count {
    const char *workload;
    struct counts sides[2];
    struct count_result results[COUNT_METRICS];
};

struct gate_counts {
    struct gate_count *at;
    int count;
};

/* Those of `names` that are in the list, all when none is named. Sets gate->worse_counts, or
 * gate->uncounted when a tool is missing. */
enum gate_end gate_count(struct gate *gate, const struct strings *names, struct gate_counts *counts,
                         struct problem *problem);

#endif
