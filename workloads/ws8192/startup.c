#include "workloads/ws8192/startup.h"

#include <stdlib.h>

#include "workloads/pattern.h"
#include "workloads/probe.h"
#include "workloads/report.h"
#include "workloads/rng.h"

enum { STEP_8, STEP_16, STEP_MIXED, STEP_COUNT };

struct lane { /* what one thread owns */
    void **blocks[STEP_COUNT];
    uint32_t *sizes[STEP_COUNT];
    struct rng rng;
    uint64_t tag, allocs, frees, audit_errors, checksum;
} __attribute__((aligned(128)));

struct startup {
    uint64_t blocks, size_min, size_max;
    struct lane *lanes;
};

static uint64_t tag_of(const struct lane *lane, int step, uint64_t i)
{
    return lane->tag + ((uint64_t)step << 32) + i;
}

static void allocate(const struct startup *startup, struct lane *lane, int step, uint64_t i)
{
    size_t size = step == STEP_8 ? 8 : 16;
    if (step == STEP_MIXED) {
        uint64_t span = startup->size_max - startup->size_min + 1;
        size = startup->size_min + rng_scale((uint32_t)rng_next(&lane->rng), span);
    }
    void *block = malloc(size);
    if (!block) {
        probe_out_of_memory(size);
    }
    pattern_fill(block, size, tag_of(lane, step, i));
    lane->blocks[step][i] = block;
    lane->sizes[step][i] = (uint32_t)size;
    lane->allocs++;
    lane->checksum = rng_mix(lane->checksum ^ size);
}

static void release(struct lane *lane, int step, uint64_t i)
{
    if (!lane->blocks[step][i]) {
        return;
    }
    lane->audit_errors +=
        pattern_errors(lane->blocks[step][i], lane->sizes[step][i], tag_of(lane, step, i));
    free(lane->blocks[step][i]);
    lane->blocks[step][i] = NULL;
    lane->frees++;
}

/* Every other block of a step is freed at its end, so that the next step meets both blocks that
 * live on and freed ones; the rest is freed once all steps are done. */
static void run(void *context, unsigned index)
{
    const struct startup *startup = context;
    struct lane *lane = &startup->lanes[index];
    for (int step = STEP_8; step < STEP_COUNT; step++) {
        for (uint64_t i = 0; i < startup->blocks; i++) {
            allocate(startup, lane, step, i);
        }
        for (uint64_t i = 0; i < startup->blocks; i += 2) {
            release(lane, step, i);
        }
    }
    for (uint64_t i = 0; i < startup->blocks; i++) {
        for (int step = STEP_8; step < STEP_COUNT; step++) {
            release(lane, step, i);
        }
    }
    lane->audit_errors += lane->allocs != lane->frees;
}

int startup_run(const struct options *options, uint64_t blocks, uint64_t size_min,
                uint64_t size_max)
{
    struct options audited = *options;
    audited.audit = true;
    struct startup startup = {.blocks = blocks, .size_min = size_min, .size_max = size_max};
    startup.lanes = probe_memory(options->threads * sizeof *startup.lanes);
    for (uint64_t i = 0; i < options->threads; i++) {
        struct lane *lane = &startup.lanes[i];
        lane->tag = i << 40;
        lane->rng = rng_start(options->seed, i);
        for (int step = STEP_8; step < STEP_COUNT; step++) {
            lane->blocks[step] = probe_memory(blocks * sizeof **lane->blocks);
            lane->sizes[step] = probe_memory(blocks * sizeof **lane->sizes);
        }
    }
    struct probe_job job = {.run = run, .context = &startup, .threads = (unsigned)options->threads};
    struct report report = {.options = &audited};
    report.reading = probe_measure(&audited, &job);
    for (uint64_t i = 0; i < options->threads; i++) {
        report.allocs += startup.lanes[i].allocs;
        report.frees += startup.lanes[i].frees;
        report.audit_errors += startup.lanes[i].audit_errors;
        report.checksum += rng_mix(startup.lanes[i].checksum + i);
    }
    report.ops = report.allocs;
    struct report_item params[] = {{.name = "startup", .number = 1},
                                   {.name = "slots", .number = blocks},
                                   {.name = "min", .number = size_min},
                                   {.name = "max", .number = size_max}};
    struct report_item result[] = {{.name = "steps", .number = STEP_COUNT}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}
