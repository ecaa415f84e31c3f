#include "allocator/diagnostics/kpi.h"

#include <string.h>
#include <unistd.h>

#include "allocator/base/os.h"

struct hak_kpi_page kpi_page;
static bool is_shared;

bool kpi_start(int descriptor)
{
    struct hak_kpi_page found;
    if (!os_read_file(descriptor, &found, sizeof found) || found.magic != HAK_KPI_MAGIC ||
        found.version != HAK_KPI_VERSION)
        return false;
    /* Only descendants have the descriptor, and this constructor runs before any is made; so nobody
     * claims it meanwhile. A process that has claimed it and execs another program starts anew. */
    uint32_t self = (uint32_t)getpid();
    if (found.owner != 0 && found.owner != self)
        return false;
    kpi_page.magic = HAK_KPI_MAGIC;
    kpi_page.version = HAK_KPI_VERSION;
    kpi_page.owner = self;
    kpi_set(HAK_KPI_FAULT_BASELINE, os_soft_faults());
    /* Another thread that counts in between loses what it counts: a library's constructor may have
     * made one, hardly more. */
    is_shared = os_write_file(descriptor, &kpi_page, sizeof kpi_page) &&
                os_map_shared_over(&kpi_page, sizeof kpi_page, descriptor);
    return is_shared;
}

void kpi_fork_child(void)
{
    if (!is_shared)
        return;
    struct hak_kpi_page counts;
    memcpy(&counts, &kpi_page, sizeof counts);
    /* Refused, which takes a process at its limit of mappings, the child counts into its parent's
     * page: wrong numbers, nothing worse. */
    if (os_map_private_over(&kpi_page, sizeof kpi_page))
        memcpy(&kpi_page, &counts, sizeof counts);
    is_shared = false;
}

unsigned kpi_take_slot(void)
{
    static _Atomic unsigned taken;
    unsigned slot = atomic_load_explicit(&taken, memory_order_relaxed);
    while (slot < HAK_KPI_SLOTS - 1 &&
           !atomic_compare_exchange_weak_explicit(&taken, &slot, slot + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
        continue;
    return slot;
}
