/* The KPI page: what the allocator counts, in one page of memory that others may map, too.
 *
 * Owns the layout, its version, and the name of every number. Whoever wants to read a process's
 * counters makes a file of HAK_KPI_BYTES bytes that lives in memory (memfd_create), writes magic
 * and version into it, and starts the process with its descriptor in HAKMEM_KPI_FD. The first
 * process that finds it so claims it (kpi.h); what it has counted can be read at any time, and
 * after it has been killed.
 *
 * Every number is free-running and relaxed: each is right by itself, together they are a snapshot
 * only when the process stands still. Nothing here is included by anything but kpi.[hc] and by
 * readers. */
#ifndef HAK_KPI_PAGE_H
#define HAK_KPI_PAGE_H

#include <stdatomic.h>
#include <stdint.h>

#include "allocator/diagnostics/fail_kinds.h"

#define HAK_KPI_MAGIC       UINT64_C(0x69706b206d656b68) /* "hkem kpi" */
#define HAK_KPI_VERSION     1
#define HAK_KPI_ENVIRONMENT "HAKMEM_KPI_FD"
#define HAK_KPI_BYTES       4096

/* Counted by a thread in a slot that is its own. */
#define HAK_KPI_THREAD_COUNTERS(X)                                                                 \
    X(TINY_REFILLS, "tiny.refills")   /* a front was empty and got blocks */                       \
    X(TINY_DRAINS, "tiny.drains")     /* a front was full and gave blocks back, or moved them */   \
    X(TINY_SPILLS, "tiny.spills")     /* of those: an array gave half to the list behind it */     \
    X(TINY_FLUSHES, "tiny.flushes")   /* a class's lists went back as a whole */                   \
    X(POOL_ACQUIRES, "pool.acquires") /* slabs taken from the shared pool */                       \
    X(POOL_PARKS, "pool.parks")       /* exhausted slabs let go */                                 \
    X(POOL_RELEASES, "pool.releases") /* slabs given back with what was free in them */            \
    X(SHELF_HITS, "shelf.hits")       /* blocks of ACE that the thread had kept ready */

/* Counters and gauges of the process. Where it says bytes it is what is so now. */
#define HAK_KPI_NUMBERS(X)                                                                         \
    X(FAULT_BASELINE, "fault.baseline")   /* soft page faults when the page was claimed */         \
    X(PREWARM_SLABS, "prewarm.slabs")     /* per class */                                          \
    X(POOL_BYTES_USED, "pool.bytes_used") /* slabs that are not EMPTY */                           \
    X(POOL_BYTES_IDLE, "pool.bytes_idle") /* EMPTY slabs with memory */                            \
    X(SUPERSLAB_BYTES_MAPPED, "superslab.bytes_mapped") /* for slabs and ACE together */           \
    X(ACE_HITS, "ace.hits")                             /* served from the cache of runs */        \
    X(ACE_MISSES, "ace.misses")                         /* cut from a region */                    \
    X(ACE_FAILURES, "ace.failures")                                                                \
    X(ACE_BYTES_USED, "ace.bytes_used")                                                            \
    X(ACE_BYTES_CACHED, "ace.bytes_cached")                                                        \
    X(SPAN_HITS, "span.hits")                                                                      \
    X(SPAN_FAILURES, "span.failures")                                                              \
    X(SPAN_BYTES_USED, "span.bytes_used")                                                          \
    X(SPAN_BYTES_MAPPED, "span.bytes_mapped")                                                      \
    X(HUGE_HITS, "huge.hits")     /* served from the cache of mappings */                          \
    X(HUGE_MISSES, "huge.misses") /* mapped anew */                                                \
    X(HUGE_FAILURES, "huge.failures")                                                              \
    X(HUGE_BYTES_USED, "huge.bytes_used")                                                          \
    X(HUGE_BYTES_CACHED, "huge.bytes_cached")                                                      \
    X(PURGE_ROUNDS, "purge.rounds") /* looks for what has been idle long enough */                 \
    X(PURGE_BYTES, "purge.bytes")   /* given back to the system in all */

#define HAK_KPI_CONSTANT(name, text) HAK_KPI_##name,
enum hak_kpi_thread_counter { HAK_KPI_THREAD_COUNTERS(HAK_KPI_CONSTANT) HAK_KPI_THREAD_COUNT };
enum hak_kpi_number { HAK_KPI_NUMBERS(HAK_KPI_CONSTANT) HAK_KPI_NUMBER_COUNT };
#undef HAK_KPI_CONSTANT

/* A cache line each, so that threads do not disturb each other. The last is shared by all threads
 * beyond the number of slots. */
#define HAK_KPI_SLOT_COUNTERS 8
#define HAK_KPI_SLOTS         56

struct hak_kpi_page {
    uint64_t magic;
    uint32_t version;
    uint32_t owner; /* process id; 0: nobody's yet */
    _Atomic uint64_t numbers[HAK_KPI_NUMBER_COUNT];
    _Atomic uint64_t events[HAK_FAIL_KIND_COUNT]; /* by kind: fail_kinds.h */
    _Alignas(64) _Atomic uint64_t slots[HAK_KPI_SLOTS][HAK_KPI_SLOT_COUNTERS];
} __attribute__((aligned(HAK_KPI_BYTES)));
_Static_assert(sizeof(struct hak_kpi_page) == HAK_KPI_BYTES, "the page is one page");
_Static_assert((int)HAK_KPI_THREAD_COUNT <= HAK_KPI_SLOT_COUNTERS,
               "a slot holds a thread's counters");

#endif
