#include "allocator/process/stats.h"

#include "allocator/front/tiny.h"
#include "allocator/large/ace.h"
#include "allocator/large/huge.h"
#include "allocator/large/span.h"
#include "allocator/layers/layer_guard.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/superslab.h"

/* Others free meanwhile, so that a part may have become larger than the whole. */
static uint64_t without(uint64_t whole, uint64_t part)
{
    return whole > part ? whole - part : 0;
}

struct hak_stats hak_stats_read(void)
{
    struct hak_stats stats = {.mapped = superslab_bytes()};
    if (!thread_enter())
        return stats;
    const struct thread *thread = thread_self();
    struct tiny_count own = thread ? tiny_count(thread) : (struct tiny_count){0};
    struct pool_count pool = pool_count();
    uint64_t ace = ace_used_bytes();
    stats.huge = huge_used_bytes() + span_used_bytes();
    stats.huge_blocks = huge_used_blocks() + span_used_blocks();
    stats.mapped += stats.huge;
    stats.used = pool_used_bytes() + ace + stats.huge;
    stats.live = without(pool.out_bytes, own.bytes) + without(ace, own.shelf_bytes) + stats.huge;
    stats.free_blocks = pool.free_blocks + own.blocks;
    stats.idle = pool_idle_bytes();
    stats.deferred = guard_deferred();
    stats.waiting = guard_waiting();
    thread_leave();
    return stats;
}
