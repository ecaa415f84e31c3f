#include "allocator/space/table.h"

#include <errno.h>

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"

#define STEP (4 * HAK_PAGE)

void table_init(struct table *table)
{
    int saved = errno;
    bool done = os_fence(table->start, table->size, true);
    atomic_store_explicit(&table->covered, done ? 0 : table->size, memory_order_relaxed);
    errno = saved;
}

/* Two threads may do it at the same time, to the same end. */
bool table_cover(struct table *table, size_t bytes)
{
    size_t covered = atomic_load_explicit(&table->covered, memory_order_relaxed);
    if (HAK_LIKELY(bytes <= covered))
        return true;
    size_t wanted = (bytes + STEP - 1) & ~(STEP - 1);
    if (wanted > table->size)
        wanted = table->size;
    hak_assert(bytes <= wanted);
    if (!os_fence((char *)table->start + covered, wanted - covered, false))
        return false;
    while (covered < wanted &&
           !atomic_compare_exchange_weak_explicit(&table->covered, &covered, wanted,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
    return true;
}
