#include "allocator/space/table.h"

#include "allocator/base/compiler.h"

#define STEP       (4 * HAK_PAGE)
#define RANK_TABLE 161 /* above the spare SuperSlabs' */

static struct os_lock lock = {.rank = RANK_TABLE};

/* The release tells who reads `covered` without the lock that the pages are there. */
bool table_cover(struct table *table, const void *window, size_t bytes)
{
    if (HAK_LIKELY(bytes <= atomic_load_explicit(&table->covered, memory_order_acquire)))
        return true;
    size_t wanted = (bytes + STEP - 1) & ~(STEP - 1);
    lock_acquire(&lock);
    size_t covered = atomic_load_explicit(&table->covered, memory_order_relaxed);
    bool done = wanted <= covered;
    if (!done) {
        char *more = (char *)(uintptr_t)window + table->offset + covered;
        done = os_map_fixed(more, wanted - covered) == OS_MAPPED;
        if (done)
            atomic_store_explicit(&table->covered, wanted, memory_order_release);
    }
    lock_release(&lock);
    return done;
}

void table_fork(lock_step *step)
{
    step(&lock);
}
