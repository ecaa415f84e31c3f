/* One sample: a fresh process of a cell, its answer read, its identity proved, its verdict. */
#ifndef RUNNER_MEASURE_H
#define RUNNER_MEASURE_H

#include "runner/measure/pages.h"
#include "runner/process/child.h"
#include "runner/process/host.h"
#include "runner/subject/proof.h"
#include "runner/subject/record.h"

struct measure_settings {
    const struct host_cores *cores;
    double timeout_s;
    const char *probe; /* path of libhakprobe.so: the program does not report its identity, and its
                          exit status and wall time are the result; NULL: a workload of ours */
    size_t answer_max; /* with a probe: a program of ours that prints Google Benchmark's JSON, of
                          so many bytes at most; 0: a user's program, what it prints is dropped */
    bool show_output;
};

/* The path of libhakprobe.so. */
int measure_find_probe(struct arena *arena, const char *root, const char **probe,
                       struct problem *problem);

/* The environment of a child: what of ours is passed on, the allocator's settings, the preload, and
 * the shared pages unless they are NULL. */
struct strings measure_environment(struct arena *arena, const struct allocator *allocator,
                                   const struct measure_settings *settings,
                                   const struct pages *pages);

/* Why the child does not run on the allocator, by what it wrote to CHILD_IDENTITY_FD; NULL when it
 * does. */
const char *measure_mismatch(struct arena *arena, const struct cell *cell, const char *identity,
                             struct proof *proof);

enum measure_outcome { MEASURE_DONE, MEASURE_INTERRUPTED, MEASURE_IMPOSSIBLE };

/* Fills the sample but for its place in the plan. Impossible (with the problem): no process could
 * be started at all, and trying again would not help. */
enum measure_outcome measure_sample(struct arena *arena, const struct cell *cell,
                                    const struct measure_settings *settings, struct sample *sample,
                                    struct problem *problem);

#endif
