#include "allocator/slabs/purge.h"

#include "allocator/base/os.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/large/ace.h"
#include "allocator/large/huge.h"
#include "allocator/large/span.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/superslab.h"

#define STEP_BYTES (4ul << 20) /* about 200 us of work */

/* SuperSlabs come last: the others give some back. */
static uint64_t (*const tiers[])(uint64_t before, struct budget *budget) = {
    pool_purge, ace_purge, span_purge, huge_purge, superslab_purge};
#define TIERS (sizeof tiers / sizeof *tiers)

/* Begins with the tier that comes `turn` after the first. Returns the bytes given back. */
static uint64_t purge(uint64_t before, size_t turn, struct budget *budget)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < TIERS; i++)
        bytes += tiers[(turn + i) % TIERS](before, budget);
    kpi_add(HAK_KPI_PURGE_ROUNDS, 1);
    kpi_add(HAK_KPI_PURGE_BYTES, bytes);
    return bytes;
}

uint64_t purge_tick(void)
{
    static _Atomic uint64_t next_look;
    static _Atomic uint32_t turn;
    uint64_t now = os_clock_coarse_ns();
    uint64_t next = atomic_load_explicit(&next_look, memory_order_relaxed);
    /* One thread per quarter of the interval does the work. */
    if (HAK_LIKELY(now < next) ||
        !atomic_compare_exchange_strong_explicit(&next_look, &next, now + HAK_PURGE_NS / 4,
                                                 memory_order_relaxed, memory_order_relaxed))
        return now;
    if (now < HAK_PURGE_NS)
        return now;
    struct budget budget = {.left = STEP_BYTES};
    uint32_t first = atomic_load_explicit(&turn, memory_order_relaxed);
    purge(now - HAK_PURGE_NS, first, &budget);
    if (budget.more) {
        /* It goes on as soon as the clock does, and with another tier, so that none has to wait for
         * one that has always more. */
        atomic_store_explicit(&turn, first + 1, memory_order_relaxed);
        atomic_store_explicit(&next_look, now + 1, memory_order_relaxed);
    }
    return now;
}

uint64_t purge_now(void)
{
    /* The second round is a whole one, wherever a step has stopped before; and it looks at what the
     * first one has left in tiers further on. The largest time itself marks what was refused. */
    struct budget all = {.left = BUDGET_ALL};
    uint64_t bytes = purge(UINT64_MAX - 1, 0, &all);
    return bytes + purge(UINT64_MAX - 1, 0, &all);
}
