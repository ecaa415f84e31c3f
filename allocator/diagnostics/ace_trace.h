/* Why a request above the front was not served where it was looked for first.
 *
 *     Threshold    no class fits: the size or alignment is above what the tier serves
 *     Exhaustion   the tier's pool is empty: no run of free pages, no address space left for one,
 *                  or no room in the registry
 *     MapFail      the system said no
 *
 * Tiers: ace (ace.h), span (span.h), huge (huge.h), and none for what nobody serves. A failure of a
 * tier is not yet one of malloc: the request may go on to the next tier, and is tried once more
 * when all free memory has gone back.
 *
 * In every build, switched on by HAKMEM_ACE_TRACE=1; one line on stderr:
 *
 *     hakmem: [ACE_TRACE] cause=MapFail tier=ace size=40000 class=10 used=... cached=... mapped=...
 *
 * with SHOTS_MAX shots per (cause, tier). Called in slow paths only, holding no lock. No malloc, no
 * stdio, no lock inside; thread-safe, keeps errno. */
#ifndef HAK_ACE_TRACE_H
#define HAK_ACE_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/base/compiler.h"

enum ace_cause { ACE_THRESHOLD, ACE_EXHAUSTION, ACE_MAP_FAIL, ACE_CAUSES };
enum ace_tier { ACE_TIER_ACE, ACE_TIER_SPAN, ACE_TIER_HUGE, ACE_TIER_NONE, ACE_TIERS };

struct ace_failure {
    enum ace_cause cause;
    enum ace_tier tier;
    int class;                     /* the tier's step of sizes; -1 where it has none */
    size_t size;                   /* bytes asked for */
    size_t alignment;              /* bytes; 0 when it does not matter */
    uint64_t used, cached, mapped; /* bytes of the tier: in blocks, kept for reuse, taken from the
                                      system */
};

void ace_trace_start(bool on);
/* In the child after a fork: its shots and counts begin anew. */
void ace_trace_fork_child(void);

extern HAK_HIDDEN _Atomic bool ace_trace_on;
/* Asked first, so that nobody gathers what is not to be told. */
HAK_INLINE bool ace_trace_is_on(void)
{
    return HAK_UNLIKELY(atomic_load_explicit(&ace_trace_on, memory_order_relaxed));
}
void ace_trace_write(const struct ace_failure *failure);

#endif
