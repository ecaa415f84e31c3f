/* Facts of a session: keys and values, in the order of discovery.
 *
 * Keys and their meaning:
 *   plan.*               what was asked for (mode, allocators, workloads, repeats, timeout, ...)
 *   build_id.NAME        of each allocator
 *   build_id.workload.PROGRAM build_id.latency.PROGRAM   of each program, by pass
 *   env.NAME             allocator settings that the user's environment gave to every child
 *   host.name            of the machine; import.* of a file that was imported
 *   cpu.* kernel.* memory.* thp.* aslr overcommit glibc.version virtualisation compiler.*
 *   pin.one pin.many     cores of one-thread rows, and of the others
 *   load.start load.end  one-minute load average
 *   steal.start steal.end   ticks stolen by the hypervisor since boot, over all cores
 *   steal.percent        of the session's processor time
 *   foreign.percent      of it that processes other than ours took
 */
#ifndef RUNNER_FACTS_H
#define RUNNER_FACTS_H

#include "runner/base/text.h"

struct facts {
    struct strings keys, values;
};

/* A NULL value is stored as "unknown", so that a report can tell it from "not asked". */
void facts_add(struct arena *arena, struct facts *facts, const char *key, const char *value);
const char *facts_get(const struct facts *facts, const char *key);

/* The first key for which the two differ among those that decide whether samples may be pooled:
 * plan.*, build_id.*, env.*, pin.*, cpu.model, kernel.release, glibc.version. NULL: none. */
const char *facts_find_difference(const struct facts *a, const struct facts *b);

#endif
