/* A table with an entry for each granule of the window, of which a process uses the lowest ones
 * only. The part that nobody uses yet cannot be touched: so it does not count against a limit of
 * data, and mlockall gives it no memory. What stands in it reads as zero at first. */
#ifndef HAK_TABLE_H
#define HAK_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct table {
    void *start;            /* page-aligned, static */
    size_t size;            /* whole pages */
    _Atomic size_t covered; /* bytes that can be touched; only rises */
};

/* Called once, before its first use. */
void table_init(struct table *table);
/* Makes the first `bytes` bytes usable; false when the system refuses. Thread-safe. */
bool table_cover(struct table *table, size_t bytes);

#endif
