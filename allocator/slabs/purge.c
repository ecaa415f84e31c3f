#include "allocator/slabs/purge.h"

#include "allocator/base/os.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/large/ace.h"
#include "allocator/large/huge.h"
#include "allocator/large/span.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/superslab.h"

static uint64_t purge(uint64_t before)
{
    uint64_t bytes = pool_purge(before);
    bytes += ace_purge(before);
    bytes += span_purge(before);
    bytes += huge_purge(before);
    bytes += superslab_purge(before); /* last: the others give SuperSlabs back */
    kpi_add(HAK_KPI_PURGE_ROUNDS, 1);
    kpi_add(HAK_KPI_PURGE_BYTES, bytes);
    return bytes;
}

uint64_t purge_tick(void)
{
    static _Atomic uint64_t next_look;
    uint64_t now = os_clock_coarse_ns();
    uint64_t next = atomic_load_explicit(&next_look, memory_order_relaxed);
    /* One thread per quarter of the interval does the work. */
    if (HAK_LIKELY(now < next) ||
        !atomic_compare_exchange_strong_explicit(&next_look, &next, now + HAK_PURGE_NS / 4,
                                                 memory_order_relaxed, memory_order_relaxed))
        return now;
    if (now < HAK_PURGE_NS)
        return now;
    purge(now - HAK_PURGE_NS);
    return now;
}

uint64_t purge_now(void)
{
    /* The largest time itself marks what the system refused. */
    return purge(UINT64_MAX - 1);
}
