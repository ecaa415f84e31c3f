/* The machine: its fingerprint, its cores, its clock readings. Only reads; stable facts and
 * passing readings (load, steal) are told apart by their keys (facts.h).
 */
#ifndef RUNNER_HOST_H
#define RUNNER_HOST_H

#include "runner/base/facts.h"

#include <sched.h>

struct host_ticks {
    long long total, busy, stolen; /* over all cores since boot, in clock ticks */
    long long own;                 /* busy, of this process and the children that it reaped */
};

/* The top of the repository: the parent of the folder of the running binary. */
int host_find_root(struct arena *arena, const char **root, struct problem *problem);

void host_add_facts(struct arena *arena, struct facts *facts);

/* Allocator settings of the environment that every child gets: facts env.NAME. */
void host_add_environment(struct arena *arena, struct facts *facts);
bool host_is_allocator_setting(const char *name_and_value);

struct host_ticks host_read_ticks(void);
const char *host_read_load(struct arena *arena);

/* The commit of the repository, and whether the tree differs from it (-1: not known). */
const char *host_read_commit(struct arena *arena, const char *root, int *dirty);

/* Now, UTC ISO-8601 with milliseconds. */
const char *host_now(struct arena *arena);

struct host_cores {
    cpu_set_t one;  /* for rows of one thread */
    cpu_set_t many; /* every core that we may use */
    int one_number;
};

/* One core out of those allowed: the last, because the first serves most interrupts. */
int host_choose_cores(struct host_cores *cores, struct problem *problem);
const char *host_cores_text(struct arena *arena, const cpu_set_t *cores);

#endif
