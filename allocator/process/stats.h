/* What the allocator holds and what of it the program has: for mallinfo and its relatives. A
 * reading walks over all slabs and is made of several looks, so it is exact only while no other
 * thread allocates. Thread-safe. */
#ifndef HAK_STATS_H
#define HAK_STATS_H

#include <stdint.h>

struct hak_stats {
    uint64_t mapped;            /* bytes of SuperSlabs and huge blocks */
    uint64_t used;              /* of `mapped`, slabs in use, ACE, spans and huge blocks */
    uint64_t live;              /* of `used`, what the program has; the blocks that other threads
                                   keep in their lists are counted in */
    uint64_t huge, huge_blocks; /* of `live`, spans and huge blocks: bytes, and how many */
    uint64_t free_blocks;       /* of the front's classes, that have been in use before */
    uint64_t idle;              /* bytes of EMPTY slabs whose pages have not been given back */
    uint64_t deferred, waiting; /* releases put off by the guard layer, and those that still are */
};
/* Inside a slow path, where a signal handler may call it, only `mapped` is known. */
struct hak_stats hak_stats_read(void);

#endif
