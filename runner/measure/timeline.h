/* Memory and soft page faults of a running process, a point every time that somebody looks.
 *
 * Read from outside, from /proc, so the process does nothing for it; the runner does, on a core of
 * its own if there is one. Hence only in the latency pass.
 */
#ifndef RUNNER_TIMELINE_H
#define RUNNER_TIMELINE_H

#include "runner/subject/record.h"

#include <sys/types.h>

enum { TIMELINE_TICK_NS = 10000000 };

/* Invariant: at_ns rises. */
struct timeline {
    struct arena *arena;
    struct moment *at;
    int count, room;
    int statm, stat; /* of the process in /proc; -1: not open yet */
};

struct timeline timeline_begin(struct arena *arena);

/* Adds a point, unless the process is gone. */
void timeline_look(struct timeline *timeline, pid_t pid, int64_t at_ns);
void timeline_end(struct timeline *timeline);

#endif
