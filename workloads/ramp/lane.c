#include "workloads/ramp/lane.h"

#include <assert.h>

#include "workloads/block.h"

/* The clock is looked at once in so many blocks. */
#define BLOCKS_PER_CLOCK 4096

/* The sizes of a growth are the same in every cycle. */
static struct rng size_stream(const struct lane *lane, enum stage stage)
{
    return rng_start(lane->base.options->seed, lane->tag + stage);
}

/* How many blocks the first growth has. */
static uint64_t count_blocks(const struct lane *lane)
{
    struct rng rng = size_stream(lane, STAGE_GROW);
    uint64_t count = 0;
    for (uint64_t bytes = 0; bytes < lane->peak; count++) {
        bytes += block_draw_size(&rng, lane->size_min, lane->size_max);
    }
    return count;
}

static void shuffle(struct lane *lane)
{
    struct rng rng = rng_start(lane->base.options->seed, lane->tag + STAGE_COUNT);
    for (uint64_t i = 0; i < lane->count; i++) {
        uint64_t other = rng_scale((uint32_t)rng_next(&rng), i + 1);
        lane->order[i] = lane->order[other];
        lane->order[other] = (uint32_t)i;
    }
}

void lane_start(struct lane *lane)
{
    lane->count = count_blocks(lane);
    assert(lane->count <= UINT32_MAX);
    lane->blocks = probe_memory(lane->count * sizeof *lane->blocks);
    lane->sizes = probe_memory(lane->count * sizeof *lane->sizes);
    lane->order = probe_memory(lane->count * sizeof *lane->order);
    shuffle(lane);
}

/* Fills empty slots, from the first one on, until the peak is reached or all are full. */
static void grow(struct lane *lane, enum stage stage)
{
    uint64_t factor = stage == STAGE_GROW ? 1 : LANE_SECOND_FACTOR;
    struct rng rng = size_stream(lane, stage);
    for (uint64_t slot = 0; slot < lane->count && lane->held < lane->peak; slot++) {
        if (slot % BLOCKS_PER_CLOCK == 0) {
            probe_progress(lane->base.allocs - lane->allocs_told);
            lane->allocs_told = lane->base.allocs;
            if (probe_time_is_up()) {
                break;
            }
        }
        if (lane->blocks[slot]) {
            continue;
        }
        uint64_t size = block_draw_size(&rng, lane->size_min * factor, lane->size_max * factor);
        lane->blocks[slot] = block_make(size, lane->tag + slot, lane->base.audit);
        lane->sizes[slot] = (uint32_t)size;
        lane->held += size;
        lane->base.allocs++;
    }
    lane->held_max = lane->held > lane->held_max ? lane->held : lane->held_max;
    lane->base.checksum = rng_mix(lane->base.checksum ^ lane->held) + rng.state;
}

/* Frees the blocks that come first in the order. */
static void drop(struct lane *lane, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint32_t slot = lane->order[i];
        if (!lane->blocks[slot]) {
            continue;
        }
        uint32_t size = lane->sizes[slot];
        lane->base.audit_errors +=
            block_drop(lane->blocks[slot], size, lane->tag + slot, lane->base.audit);
        lane->blocks[slot] = NULL;
        lane->held -= size;
        lane->base.frees++;
    }
    lane->base.checksum = rng_mix(lane->base.checksum ^ lane->held) + lane->base.frees;
}

static void cycle(struct lane *lane)
{
    uint64_t before_ns = probe_clock_ns();
    for (enum stage stage = STAGE_GROW; stage < STAGE_COUNT; stage++) {
        if (stage == STAGE_GROW || stage == STAGE_REGROW) {
            grow(lane, stage);
        } else {
            drop(lane,
                 stage == STAGE_THIN ? lane->count - lane->count * lane->keep / 100 : lane->count);
        }
        lane->rss[stage] = probe_rss();
        uint64_t now_ns = probe_clock_ns();
        lane->stage_ns[stage] += now_ns - before_ns;
        before_ns = now_ns;
    }
    lane->base.audit_errors += lane->held != 0;
    lane->cycles++;
}

void lane_run(void *context)
{
    struct lane *lane = context;
    do {
        cycle(lane);
    } while (frame_goes_on(&lane->base, lane->base.allocs));
}
