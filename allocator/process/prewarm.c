#include "allocator/process/prewarm.h"

#include "allocator/base/os.h"
#include "allocator/base/size_class.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/slabs/pool.h"

/* Takes up to `slabs` of one class. All are held, linked by `next`, before any is listed: else the
 * pool would give the same one again. */
static unsigned prewarm_class(struct thread *thread, unsigned class, unsigned slabs, bool populate)
{
    struct slab *held = NULL;
    unsigned taken = 0;
    for (; taken < slabs; taken++) {
        struct slab *slab = pool_acquire(class);
        kpi_count(thread->kpi_slot, HAK_KPI_POOL_ACQUIRES);
        if (!slab)
            break;
        if (populate)
            os_populate(slab_start(slab), HAK_SLAB);
        if (taken == 0 && !thread->current[class]) {
            thread->current[class] = slab;
            continue;
        }
        slab->next = held;
        held = slab;
    }
    while (held) {
        struct slab *next = held->next;
        pool_offer(held);
        held = next;
    }
    return taken;
}

unsigned prewarm(struct thread *thread, unsigned slabs, bool populate)
{
    unsigned least = slabs;
    for (unsigned class = 0; class < HAK_CLASSES && slabs; class ++) {
        unsigned taken = prewarm_class(thread, class, slabs, populate);
        least = taken < least ? taken : least;
    }
    kpi_set(HAK_KPI_PREWARM_SLABS, least);
    return least;
}
