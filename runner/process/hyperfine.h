/* hyperfine: one call that times a command a few times, and the sum of several calls. A command is
 * timed in short rounds, because the machine drifts; their times are put together in the shape that
 * hyperfine itself writes.
 */
#ifndef RUNNER_HYPERFINE_H
#define RUNNER_HYPERFINE_H

#include "runner/base/json.h"
#include "runner/process/child.h"

struct hyperfine_call {
    const char *hyperfine;          /* its path */
    const char *const *argv;        /* of the command, ended by NULL */
    const char *const *environment; /* of hyperfine, which hands it on */
    const cpu_set_t *cores;
    double timeout_s;
    int runs;
    const char *file; /* where hyperfine exports its JSON; it stays there */
};

enum hyperfine_end { HYPERFINE_DONE, HYPERFINE_FAILED, HYPERFINE_INTERRUPTED };

/* The command as it could be typed. */
const char *hyperfine_command(struct arena *arena, const struct hyperfine_call *call);

/* Failed, with the problem: the command, or hyperfine itself. */
enum hyperfine_end hyperfine_run(struct arena *arena, const struct hyperfine_call *call,
                                 struct problem *problem);

/* What the rounds of a command say together; zeroed to begin with. `result` is the caller's to
 * drop. */
struct hyperfine_sum {
    json_t *result; /* as an element of results[]; NULL: no round yet */
    int rounds, runs;
    double mean_ns, stddev_ns, median_ns, min_ns, max_ns, user_ns, system_ns;
};

/* Adds what the file holds; -1 with the problem when it is not what hyperfine writes. */
int hyperfine_add(struct arena *arena, const char *file, struct hyperfine_sum *sum,
                  struct problem *problem);

#endif
