/* ws8192: random mixed sizes, as a server with many small objects of random lifetime makes them.
 *
 * A thread owns a table of slots. One operation picks a slot at random and frees the block in it,
 * or, when it is empty, puts a new block of random size there and touches its first and last byte.
 * So about half of the slots are full at any time, and an operation is an allocation as often as a
 * free. The loop is kept to one random number an operation, so that it is the allocator that takes
 * the time. */
#include <assert.h>
#include <stdlib.h>

#include "workloads/latency.h"
#include "workloads/pace.h"
#include "workloads/pattern.h"
#include "workloads/probe.h"
#include "workloads/report.h"
#include "workloads/rng.h"
#include "workloads/ws8192/startup.h"

/* The clock and the held blocks are looked at once in so many picks. */
#define PICKS_PER_CHUNK 65536
#define OPS_DEFAULT     20000000

struct lane { /* what one thread owns; padded, for threads must not share its cache lines */
    void **slots;
    uint32_t *sizes; /* audit only: 0 = empty */
    struct rng rng;
    uint64_t tag; /* tells this lane's patterns from those of other lanes */
    uint64_t picks_wanted;
    uint64_t picks, allocs, frees, held_max, checksum, audit_errors;
} __attribute__((aligned(128)));

struct ws8192 {
    struct options options;
    uint64_t slots, size_min, size_max;
    uint64_t rate; /* operations a second; 0: as fast as can be */
    bool startup;
    struct lane *lanes;
};

static void audit_free(struct lane *lane, uint32_t slot)
{
    lane->audit_errors += pattern_errors(lane->slots[slot], lane->sizes[slot], lane->tag + slot);
    lane->sizes[slot] = 0;
}

static void audit_alloc(struct lane *lane, uint32_t slot, uint32_t size)
{
    lane->audit_errors += lane->sizes[slot] != 0;
    lane->sizes[slot] = size;
    pattern_fill(lane->slots[slot], size, lane->tag + slot);
}

/* Specialised twice, so that the measured loop has no trace of the audit. */
static inline __attribute__((always_inline)) void pick(const struct ws8192 *ws, struct lane *lane,
                                                       uint64_t count, const bool audit)
{
    const uint64_t slots = ws->slots, size_min = ws->size_min;
    const uint64_t size_span = ws->size_max - ws->size_min + 1;
    void **const table = lane->slots;
    struct rng rng = lane->rng;
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
    lane->rng = rng;
    lane->picks += count;
    lane->allocs += allocs;
    lane->frees += count - allocs;
    lane->checksum = rng_mix(lane->checksum ^ sizes) + rng.state;
}

/* Each operation when it is due: what the time of one is made of then, see pace.h. */
static void run_paced(const struct ws8192 *ws, struct lane *lane, unsigned index)
{
    bool by_time = ws->options.duration_ns > 0;
    struct pace pace = pace_start(ws->rate, index, ws->options.threads);
    while (by_time ? !probe_time_is_up() : lane->picks < lane->picks_wanted) {
        latency_set_late(pace_wait(&pace));
        pick(ws, lane, 1, ws->options.audit);
        probe_progress(1);
        uint64_t held = lane->allocs - lane->frees;
        lane->held_max = held > lane->held_max ? held : lane->held_max;
    }
}

static void run(void *context, unsigned index)
{
    const struct ws8192 *ws = context;
    struct lane *lane = &ws->lanes[index];
    if (ws->rate > 0) {
        run_paced(ws, lane, index);
        return;
    }
    bool by_time = ws->options.duration_ns > 0;
    while (by_time ? !probe_time_is_up() : lane->picks < lane->picks_wanted) {
        uint64_t count = PICKS_PER_CHUNK;
        if (!by_time && lane->picks_wanted - lane->picks < count) {
            count = lane->picks_wanted - lane->picks;
        }
        if (ws->options.audit) {
            pick(ws, lane, count, true);
        } else {
            pick(ws, lane, count, false);
        }
        probe_progress(count);
        uint64_t held = lane->allocs - lane->frees;
        lane->held_max = held > lane->held_max ? held : lane->held_max;
    }
}

static void clean(void *context, unsigned index)
{
    const struct ws8192 *ws = context;
    struct lane *lane = &ws->lanes[index];
    for (uint32_t slot = 0; slot < ws->slots; slot++) {
        if (!lane->slots[slot]) {
            continue;
        }
        if (ws->options.audit) {
            audit_free(lane, slot);
        }
        free(lane->slots[slot]);
        lane->slots[slot] = NULL;
        lane->frees++;
    }
    /* A slot that was lost or filled twice shows here. */
    lane->audit_errors += lane->allocs != lane->frees;
}

static void make_lanes(struct ws8192 *ws)
{
    uint64_t threads = ws->options.threads;
    ws->lanes = probe_memory(threads * sizeof *ws->lanes);
    for (uint64_t i = 0; i < threads; i++) {
        struct lane *lane = &ws->lanes[i];
        lane->slots = probe_memory(ws->slots * sizeof *lane->slots);
        if (ws->options.audit) {
            lane->sizes = probe_memory(ws->slots * sizeof *lane->sizes);
        }
        lane->tag = i << 32;
        lane->rng = rng_start(ws->options.seed, i);
        lane->picks_wanted = options_share_of_ops(&ws->options, i);
    }
}

static int measure(struct ws8192 *ws)
{
    make_lanes(ws);
    struct probe_job job = {
        .run = run, .clean = clean, .context = ws, .threads = (unsigned)ws->options.threads};
    struct report report = {.options = &ws->options};
    report.reading = probe_measure(&ws->options, &job);
    uint64_t held_max = 0;
    for (uint64_t i = 0; i < ws->options.threads; i++) {
        const struct lane *lane = &ws->lanes[i];
        report.ops += lane->picks;
        report.allocs += lane->allocs;
        report.frees += lane->frees;
        report.audit_errors += lane->audit_errors;
        report.checksum += rng_mix(lane->checksum + i);
        held_max += lane->held_max;
    }
    struct report_item params[] = {{.name = "slots", .number = ws->slots},
                                   {.name = "min", .number = ws->size_min},
                                   {.name = "max", .number = ws->size_max},
                                   {.name = "rate", .number = ws->rate}};
    struct report_item result[] = {{.name = "held_blocks_max", .number = held_max}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

int main(int argc, char **argv)
{
    static struct ws8192 ws = {
        .options = {.program = "ws8192",
                    .about = "Random mixed sizes: picks a slot at random, frees the block in it or "
                             "puts a new one there.",
                    .ops_help = "picks in all threads together",
                    .ops = OPS_DEFAULT,
                    .threads = 1,
                    .seed = 1},
        .slots = 8192,
        .size_min = 16,
        .size_max = 1039};
    const struct option own[] = {
        {"--slots", OPTION_NUMBER, &ws.slots, 1, UINT64_C(1) << 28, "N", "slots of each thread"},
        {"--min", OPTION_NUMBER, &ws.size_min, 1, UINT64_C(1) << 30, "BYTES", "smallest block"},
        {"--max", OPTION_NUMBER, &ws.size_max, 1, UINT64_C(1) << 30, "BYTES", "largest block"},
        {"--rate", OPTION_NUMBER, &ws.rate, 1, UINT64_C(1000000000), "N",
         "operations a second, all threads: each begins when it is due, or late"},
        {"--startup", OPTION_FLAG, &ws.startup, 0, 0, NULL,
         "instead: 8 bytes, 16 bytes, then mixed, as a thread's first operations"},
    };
    options_parse(&ws.options, own, sizeof own / sizeof *own, argc, argv);
    options_check_range(&ws.options, ws.size_min, ws.size_max);
    if (!ws.startup) {
        return measure(&ws);
    }
    if (ws.options.duration_ns > 0 || ws.options.ops != OPS_DEFAULT || ws.rate > 0) {
        options_fail(&ws.options,
                     "--startup runs once: drop --ops, --seconds and --rate; --slots is the "
                     "number of blocks of a step");
    }
    return startup_run(&ws.options, ws.slots, ws.size_min, ws.size_max);
}
