/* The KPI box: counters and gauges of the slow paths, in a page that can be read from outside
 * (kpi_page.h).
 *
 * The page is a variable of the library. When HAKMEM_KPI_FD names a file that was made for it, the
 * process maps that file over it: so the counting code is the same whether anybody reads or not,
 * knows the address when it is linked, and follows no pointer. malloc's and free's fast paths count
 * nothing (ci/hotpath).
 *
 * Threads count in slots of their own, a cache line each: only the owner writes, so a relaxed load
 * and store is an addition that loses nothing and needs no lock prefix. Threads beyond the slots
 * share the last one with atomic additions. A slot belongs to a thread's record, which a later
 * thread may take over; its counts go on. What a lock protects is counted likewise, under the lock.
 * The rest is rare, and added atomically. So a count is in the page as soon as it is made, and a
 * process that is killed leaves all of them.
 *
 * A forked child counts on in a copy of its own. One that comes by a system call which knows of no
 * fork handlers (vfork, clone) counts into its parent's page until it execs. Must not know: what
 * any of the numbers means. */
#ifndef HAK_KPI_H
#define HAK_KPI_H

#include <stdbool.h>

#include "allocator/base/compiler.h"
#include "allocator/diagnostics/kpi_page.h"

extern HAK_HIDDEN struct hak_kpi_page kpi_page;

/* Claims the page that the descriptor names, counts so far included. Anything else than a page that
 * was made for it and is not another process's is left alone: a child finds the number of a
 * descriptor in its environment that means nothing to it, or something else. True: claimed. */
bool kpi_start(int descriptor);
/* In the child after a fork. */
void kpi_fork_child(void);

/* A slot for a thread's record: the last one when all others are taken. */
unsigned kpi_take_slot(void);

HAK_INLINE void kpi_count(unsigned slot, enum hak_kpi_thread_counter counter)
{
    _Atomic uint64_t *number = &kpi_page.slots[slot][counter];
    if (HAK_LIKELY(slot < HAK_KPI_SLOTS - 1))
        atomic_store_explicit(number, atomic_load_explicit(number, memory_order_relaxed) + 1,
                              memory_order_relaxed);
    else
        atomic_fetch_add_explicit(number, 1, memory_order_relaxed);
}

/* Under the lock that protects what is counted. */
HAK_INLINE void kpi_count_locked(enum hak_kpi_number which)
{
    _Atomic uint64_t *number = &kpi_page.numbers[which];
    atomic_store_explicit(number, atomic_load_explicit(number, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* A gauge, under the lock that protects what it shows. */
HAK_INLINE void kpi_set(enum hak_kpi_number which, uint64_t value)
{
    atomic_store_explicit(&kpi_page.numbers[which], value, memory_order_relaxed);
}

HAK_INLINE void kpi_add(enum hak_kpi_number which, uint64_t more)
{
    atomic_fetch_add_explicit(&kpi_page.numbers[which], more, memory_order_relaxed);
}

#endif
