/* One fresh process: started in its own group with its own environment and cores, watched
 * until it ends or its time is up, reaped with wait4, and never left behind: when the runner
 * dies the kernel kills the child too.
 *
 * Knows nothing of allocators or workloads.
 */
#ifndef RUNNER_CHILD_H
#define RUNNER_CHILD_H

#include "runner/base/text.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* The descriptor that a child may write a line of identity to, when it is asked for. */
enum { CHILD_IDENTITY_FD = 97 };

enum child_output { CHILD_CAPTURE, CHILD_DISCARD, CHILD_SHOW };

/* A descriptor of the runner's that the child gets under a number of its own. */
struct child_descriptor {
    int fd, as;
};

struct child_request {
    const char *const *argv; /* argv[0]: path of the executable */
    const char *const *environment;
    const cpu_set_t *cores; /* NULL: as the runner */
    double timeout_s;       /* 0: none */
    enum child_output output;
    size_t output_max; /* bytes kept when captured; 0: 64 KiB */
    size_t errors_max; /* bytes kept of its stderr, the last; 0: 4 KiB */
    bool wants_identity;
    const struct child_descriptor *descriptors;
    int descriptor_count;
    /* While the child runs, every tick_ns (0: never); at_ns: since it was started. */
    int64_t tick_ns;
    void (*tick)(void *context, pid_t pid, int64_t at_ns);
    void *tick_context;
};

enum child_end {
    CHILD_EXITED,
    CHILD_SIGNALLED,
    CHILD_TIMED_OUT,
    CHILD_INTERRUPTED, /* the runner was asked to stop and killed it: no result */
};

struct child_result {
    enum child_end end;
    int exit_code, signal; /* 0 where they do not apply */
    int64_t wall_ns;
    int64_t ended_ns;     /* CLOCK_MONOTONIC */
    struct rusage usage;  /* of the child and those it waited for, never of other children */
    const char *output;   /* its first bytes when captured, else "" */
    const char *errors;   /* the last bytes of its stderr */
    const char *identity; /* "" when it wrote none */
};

/* 0 when the child ran, however it ended; -1 when it could not be started. */
int child_run(struct arena *arena, const struct child_request *request, struct child_result *result,
              struct problem *problem);

#endif
