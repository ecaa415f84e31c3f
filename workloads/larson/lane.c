#include "workloads/larson/lane.h"

#include "workloads/block.h"

struct larson larson = {.blocks = 1000, .size_min = 8, .size_max = 1000, .rounds = 100};

static inline __attribute__((always_inline)) void put_block(struct lane *lane, uint32_t slot,
                                                            size_t size, const bool audit)
{
    lane->blocks[slot] = block_make(size, lane->tag + slot, audit);
    if (audit) {
        lane->sizes[slot] = (uint32_t)size;
    }
}

static inline __attribute__((always_inline)) void drop_block(struct lane *lane, uint32_t slot,
                                                             const bool audit)
{
    size_t size = audit ? lane->sizes[slot] : 0;
    lane->base.audit_errors += block_drop(lane->blocks[slot], size, lane->tag + slot, audit);
}

/* Specialised twice, so that the measured loop has no trace of the audit. */
static inline __attribute__((always_inline)) void replace(struct lane *lane, uint64_t count,
                                                          const bool audit)
{
    const uint64_t blocks = larson.blocks, size_min = larson.size_min;
    const uint64_t size_span = larson.size_max - larson.size_min + 1;
    struct rng rng = lane->base.rng;
    uint64_t sizes = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t bits = rng_next(&rng);
        uint32_t slot = rng_scale((uint32_t)bits, blocks);
        size_t size = size_min + rng_scale((uint32_t)(bits >> 32), size_span);
        drop_block(lane, slot, audit);
        put_block(lane, slot, size, audit);
        sizes += size;
    }
    lane->base.rng = rng;
    lane->base.ops += count;
    lane->base.allocs += count;
    lane->base.frees += count;
    lane->base.checksum = rng_mix(lane->base.checksum ^ sizes) + rng.state;
}

/* One thread's life. A round is as many operations as there are blocks. */
static bool leg(void *context)
{
    struct lane *lane = context;
    struct frame_lane *base = &lane->base;
    for (uint64_t round = 0; round < larson.rounds && frame_goes_on(base, base->ops); round++) {
        uint64_t count = frame_chunk(base, larson.blocks);
        if (base->audit) {
            replace(lane, count, true);
        } else {
            replace(lane, count, false);
        }
        probe_progress(count);
    }
    return frame_goes_on(base, base->ops);
}

void lane_run(void *context)
{
    struct lane *lane = context;
    uint64_t size_span = larson.size_max - larson.size_min + 1;
    for (uint32_t slot = 0; slot < larson.blocks; slot++) {
        uint32_t bits = (uint32_t)(rng_next(&lane->base.rng) >> 32);
        put_block(lane, slot, larson.size_min + rng_scale(bits, size_span), lane->base.audit);
        lane->base.allocs++;
    }
    relay_run(&lane->relay);
}

void lane_clean(void *context)
{
    struct lane *lane = context;
    for (uint32_t slot = 0; slot < larson.blocks; slot++) {
        drop_block(lane, slot, lane->base.audit);
        lane->base.frees++;
    }
}

void lane_start(void *context)
{
    struct lane *lane = context;
    lane->blocks = probe_memory(larson.blocks * sizeof *lane->blocks);
    if (lane->base.audit) {
        lane->sizes = probe_memory(larson.blocks * sizeof *lane->sizes);
    }
    lane->tag = (uint64_t)lane->base.index << 32;
    lane->relay.leg = leg;
    lane->relay.context = lane;
}
