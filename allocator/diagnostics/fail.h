/* The room diagnostics: what the allocator tells about itself.
 *
 * Owns: reports of corruption and their kinds (fail.h, fail_kinds.h), the counters that can be read
 * from outside (kpi.h, kpi_page.h), traces of lists (trace.h) and of the sizes above the front
 * (ace_trace.h), and the limit on lines about one thing (shots.h).
 * Must not know: slabs, threads, what a number or an event means to the rooms above, or the
 * environment: what is switched on is handed down by the room process. It never allocates and keeps
 * errno, because it is called from the middle of any slow path.
 * Who calls in: every room above, on slow paths; the hot path only where tracing is compiled in.
 * The runner reads kpi_page.h, and nothing else of the allocator. */

/* What happens when the allocator finds corruption or misuse: one policy, one line, one counter
 * per kind.
 *
 * HAKMEM_ON_CORRUPTION=count|report|abort (default report). A line on stderr names tag, address,
 * class, SuperSlab, layer and what was done. Made on the stack and written with write(2): no
 * malloc, no stdio, no lock. Thread-safe, keeps errno. */
#ifndef HAK_FAIL_H
#define HAK_FAIL_H

#include <stdbool.h>
#include <stdint.h>

enum fail_policy { FAIL_REPORT, FAIL_COUNT, FAIL_ABORT };

struct fail_event {
    const char *tag;    /* e.g. "FREE_UNKNOWN" */
    const char *layer;  /* who found it: a layer's name, or "registry", "pool", ... */
    const char *action; /* what was done about it */
    const void *address;
    const void *superslab; /* NULL when there is none */
    int class;             /* -1 when there is none */
};

void fail_set_policy(enum fail_policy policy);
/* Counts the event, and reports it or aborts as the policy says. */
void fail_report(const struct fail_event *event);
/* Events so far, of all kinds. */
unsigned long fail_count(void);

/* Events so far of one kind, which is a pair of layer and tag. */
struct fail_kind {
    const char *layer, *tag;
    unsigned long count;
};
/* The kinds by number, from 0 on, always in the same order; false beyond the last. */
bool fail_kind_at(unsigned number, struct fail_kind *kind);

#endif
