/* A table with an entry for each granule of the window, of which a process uses the lowest ones
 * only. It stands in the window, before the first SuperSlab, so that who knows where the window
 * begins knows where the table is, and it is mapped as far as it is used: what is not used counts
 * against no limit, and mlockall gives it no memory. What stands in it reads as zero at first. */
#ifndef HAK_TABLE_H
#define HAK_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "allocator/base/os.h"

struct table {
    size_t offset;          /* in the window, whole pages */
    _Atomic size_t covered; /* bytes that are mapped; only rises */
};

/* Makes the first `bytes` bytes usable, in the window that begins there; false when the system
 * refuses, or somebody else stands there. Thread-safe. */
bool table_cover(struct table *table, const void *window, size_t bytes);

/* Around fork: does this to each of its locks, in rising rank. */
void table_fork(lock_step *step);

#endif
