#include "workloads/largeblocks/lane.h"

#include "workloads/block.h"

#define PAGE            4096
#define SPARSE          (16 * PAGE)
#define ONE_IN_VERY     20 /* so many blocks for one that is larger than --max */
#define PICKS_PER_CLOCK 16

struct large large = {
    .slots = 64, .size_min = 25 * 1024, .size_max = 1000 * 1024, .size_huge = 8 << 20};

/* Audit has written every byte anyway. */
static void touch(const struct lane *lane, unsigned char *block, uint64_t from, uint64_t to)
{
    if (lane->base.audit) {
        return;
    }
    if (large.sparse) {
        for (uint64_t at = from; at < to; at += SPARSE) {
            block[at] = (unsigned char)at;
        }
        return;
    }
    for (uint64_t at = from; at < to; at += PAGE) {
        uint64_t last = at + PAGE - 1;
        block[at] = (unsigned char)at;
        block[last < to ? last : to - 1] = (unsigned char)to;
    }
}

static uint64_t draw_size(struct rng *rng)
{
    if (large.size_huge > large.size_max && rng_scale((uint32_t)rng_next(rng), ONE_IN_VERY) == 0) {
        return block_draw_size(rng, large.size_max, large.size_huge);
    }
    return block_draw_size(rng, large.size_min, large.size_max);
}

static void note(struct lane *lane, uint64_t slot, uint64_t size)
{
    lane->bytes += size > lane->sizes[slot] ? size - lane->sizes[slot] : 0;
    lane->held = lane->held - lane->sizes[slot] + size;
    lane->held_max = lane->held > lane->held_max ? lane->held : lane->held_max;
    lane->sizes[slot] = size;
    lane->base.checksum = rng_mix(lane->base.checksum ^ size) + slot;
}

static void make(struct lane *lane, uint32_t slot)
{
    uint64_t size = draw_size(&lane->base.rng);
    lane->blocks[slot] = block_make(size, lane->tag + slot, lane->base.audit);
    touch(lane, lane->blocks[slot], 0, size);
    lane->base.allocs++;
    note(lane, slot, size);
}

static void drop(struct lane *lane, uint32_t slot)
{
    lane->base.audit_errors +=
        block_drop(lane->blocks[slot], lane->sizes[slot], lane->tag + slot, lane->base.audit);
    lane->base.frees++;
    note(lane, slot, 0);
}

/* Whether there was room below the largest size. */
static bool grow(struct lane *lane, uint32_t slot)
{
    uint64_t size = lane->sizes[slot];
    uint64_t step = size / 8 + rng_scale((uint32_t)rng_next(&lane->base.rng), size - size / 8) + 1;
    uint64_t limit = large.size_huge > large.size_max ? large.size_huge : large.size_max;
    if (size + step > limit) {
        return false;
    }
    lane->blocks[slot] = block_resize(lane->blocks[slot], size, size + step, lane->tag + slot,
                                      lane->base.audit, &lane->base.audit_errors);
    touch(lane, lane->blocks[slot], size, size + step);
    lane->reallocs++;
    note(lane, slot, size + step);
    return true;
}

static void pick(struct lane *lane)
{
    uint64_t bits = rng_next(&lane->base.rng);
    uint32_t slot = rng_scale((uint32_t)bits, large.slots);
    if (lane->sizes[slot] == 0) {
        make(lane, slot);
    } else if (bits >> 62 != 0 || !grow(lane, slot)) {
        drop(lane, slot);
    }
}

void lane_start(void *context)
{
    struct lane *lane = context;
    lane->blocks = probe_memory(large.slots * sizeof *lane->blocks);
    lane->sizes = probe_memory(large.slots * sizeof *lane->sizes);
    lane->tag = (uint64_t)lane->base.index << 32;
}

void lane_run(void *context)
{
    struct lane *lane = context;
    bool more = frame_goes_on(&lane->base, 0);
    while (more) {
        pick(lane);
        more = frame_count_op(&lane->base, PICKS_PER_CLOCK);
    }
}

void lane_clean(void *context)
{
    struct lane *lane = context;
    for (uint32_t slot = 0; slot < large.slots; slot++) {
        if (lane->sizes[slot] > 0) {
            drop(lane, slot);
        }
    }
    lane->base.audit_errors += lane->held != 0;
}
