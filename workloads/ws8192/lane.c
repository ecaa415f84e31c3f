#include "workloads/ws8192/lane.h"

#include <stdlib.h>

#include "workloads/latency.h"
#include "workloads/pace.h"
#include "workloads/pattern.h"

/* The clock and the held blocks are looked at once in so many picks. */
#define PICKS_PER_CHUNK 65536

struct ws ws = {.slots = 8192, .size_min = 16, .size_max = 1039};

static void audit_free(struct lane *lane, uint32_t slot)
{
    lane->base.audit_errors +=
        pattern_errors(lane->slots[slot], lane->sizes[slot], lane->tag + slot);
    lane->sizes[slot] = 0;
}

static void audit_alloc(struct lane *lane, uint32_t slot, uint32_t size)
{
    lane->base.audit_errors += lane->sizes[slot] != 0;
    lane->sizes[slot] = size;
    pattern_fill(lane->slots[slot], size, lane->tag + slot);
}

/* Specialised twice, so that the measured loop has no trace of the audit. */
static inline __attribute__((always_inline)) void pick(struct lane *lane, uint64_t count,
                                                       const bool audit)
{
    const uint64_t slots = ws.slots, size_min = ws.size_min;
    const uint64_t size_span = ws.size_max - ws.size_min + 1;
    void **const table = lane->slots;
    struct rng rng = lane->base.rng;
    uint64_t allocs = 0, sizes = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t bits = rng_next(&rng);
        uint32_t slot = rng_scale((uint32_t)bits, slots);
        if (table[slot]) {
            if (audit) {
                audit_free(lane, slot);
            }
            free(table[slot]);
            table[slot] = NULL;
            continue;
        }
        size_t size = size_min + rng_scale((uint32_t)(bits >> 32), size_span);
        unsigned char *block = malloc(size);
        if (__builtin_expect(!block, 0)) {
            probe_out_of_memory(size);
        }
        table[slot] = block;
        if (audit) {
            audit_alloc(lane, slot, (uint32_t)size);
        } else {
            block[0] = (unsigned char)slot;
            block[size - 1] = (unsigned char)size;
        }
        allocs++;
        sizes += size;
    }
    lane->base.rng = rng;
    lane->base.ops += count;
    lane->base.allocs += allocs;
    lane->base.frees += count - allocs;
    lane->base.checksum = rng_mix(lane->base.checksum ^ sizes) + rng.state;
}

static void note_held(struct lane *lane)
{
    uint64_t held = lane->base.allocs - lane->base.frees;
    lane->held_max = held > lane->held_max ? held : lane->held_max;
}

/* Each operation when it is due: what the time of one is made of then, see pace.h. */
static void run_paced(struct lane *lane)
{
    struct pace pace = pace_start(ws.rate, lane->base.index, lane->base.options->threads);
    while (frame_goes_on(&lane->base, lane->base.ops)) {
        latency_set_late(pace_wait(&pace));
        pick(lane, 1, lane->base.audit);
        probe_progress(1);
        note_held(lane);
    }
}

void lane_run(void *context)
{
    struct lane *lane = context;
    if (ws.rate > 0) {
        run_paced(lane);
        return;
    }
    while (frame_goes_on(&lane->base, lane->base.ops)) {
        uint64_t count = frame_chunk(&lane->base, PICKS_PER_CHUNK);
        if (lane->base.audit) {
            pick(lane, count, true);
        } else {
            pick(lane, count, false);
        }
        probe_progress(count);
        note_held(lane);
    }
}

void lane_clean(void *context)
{
    struct lane *lane = context;
    for (uint32_t slot = 0; slot < ws.slots; slot++) {
        if (!lane->slots[slot]) {
            continue;
        }
        if (lane->base.audit) {
            audit_free(lane, slot);
        }
        free(lane->slots[slot]);
        lane->slots[slot] = NULL;
        lane->base.frees++;
    }
}

void lane_start(void *context)
{
    struct lane *lane = context;
    lane->slots = probe_memory(ws.slots * sizeof *lane->slots);
    if (lane->base.audit) {
        lane->sizes = probe_memory(ws.slots * sizeof *lane->sizes);
    }
    lane->tag = (uint64_t)lane->base.index << 32;
}
