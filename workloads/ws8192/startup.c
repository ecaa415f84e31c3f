#include "workloads/ws8192/startup.h"

#include <stdlib.h>

#include "workloads/frame.h"
#include "workloads/pattern.h"

enum { STEP_8, STEP_16, STEP_MIXED, STEP_COUNT };

struct lane {
    struct frame_lane base;
    void **blocks[STEP_COUNT];
    uint32_t *sizes[STEP_COUNT];
    uint64_t tag;
} __attribute__((aligned(128)));

static struct {
    uint64_t blocks, size_min, size_max;
} startup;

static uint64_t tag_of(const struct lane *lane, int step, uint64_t i)
{
    return lane->tag + ((uint64_t)step << 32) + i;
}

static void allocate(struct lane *lane, int step, uint64_t i)
{
    size_t size = step == STEP_8 ? 8 : 16;
    if (step == STEP_MIXED) {
        uint64_t span = startup.size_max - startup.size_min + 1;
        size = startup.size_min + rng_scale((uint32_t)rng_next(&lane->base.rng), span);
    }
    void *block = malloc(size);
    if (!block) {
        probe_out_of_memory(size);
    }
    pattern_fill(block, size, tag_of(lane, step, i));
    lane->blocks[step][i] = block;
    lane->sizes[step][i] = (uint32_t)size;
    lane->base.allocs++;
    lane->base.checksum = rng_mix(lane->base.checksum ^ size);
}

static void release(struct lane *lane, int step, uint64_t i)
{
    if (!lane->blocks[step][i]) {
        return;
    }
    lane->base.audit_errors +=
        pattern_errors(lane->blocks[step][i], lane->sizes[step][i], tag_of(lane, step, i));
    free(lane->blocks[step][i]);
    lane->blocks[step][i] = NULL;
    lane->base.frees++;
}

/* Every other block of a step is freed at its end, so that the next step meets both blocks that
 * live on and freed ones; the rest is freed once all steps are done. */
static void run(void *context)
{
    struct lane *lane = context;
    for (int step = STEP_8; step < STEP_COUNT; step++) {
        for (uint64_t i = 0; i < startup.blocks; i++) {
            allocate(lane, step, i);
        }
        for (uint64_t i = 0; i < startup.blocks; i += 2) {
            release(lane, step, i);
        }
    }
    for (uint64_t i = 0; i < startup.blocks; i++) {
        for (int step = STEP_8; step < STEP_COUNT; step++) {
            release(lane, step, i);
        }
    }
}

static void start(void *context)
{
    struct lane *lane = context;
    lane->tag = (uint64_t)lane->base.index << 40;
    for (int step = STEP_8; step < STEP_COUNT; step++) {
        lane->blocks[step] = probe_memory(startup.blocks * sizeof **lane->blocks);
        lane->sizes[step] = probe_memory(startup.blocks * sizeof **lane->sizes);
    }
}

void startup_describe(struct frame *frame, uint64_t blocks, uint64_t size_min, uint64_t size_max)
{
    static const uint64_t steps = STEP_COUNT;
    /* Parsed already: what the line is to show. */
    static bool chosen = true;
    static const struct option own[] = {
        {.name = "--startup", .kind = OPTION_FLAG, .target = &chosen},
        {.name = "--slots", .kind = OPTION_NUMBER, .target = &startup.blocks},
        {.name = "--min", .kind = OPTION_NUMBER, .target = &startup.size_min},
        {.name = "--max", .kind = OPTION_NUMBER, .target = &startup.size_max},
    };
    static const struct frame_result results[] = {
        {.name = "steps", .kind = FRAME_NUMBER, .value = &steps},
    };
    startup.blocks = blocks;
    startup.size_min = size_min;
    startup.size_max = size_max;
    struct options audited = frame->options;
    audited.audit = true;
    *frame = (struct frame){.options = audited,
                            .own = FRAME_TABLE(own),
                            .results = FRAME_TABLE(results),
                            .lane = {sizeof(struct lane), start, run, NULL},
                            .ops_are_allocs = true};
}
