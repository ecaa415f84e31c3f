/* largeblocks: blocks of 25 KiB to some MiB, of random lifetime, some of which grow.
 *
 * A thread owns a table of slots. One operation picks a slot at random: an empty one gets a block,
 * a full one is freed or, one time in four, its block grows by realloc, a step of an eighth to the
 * whole of its size. What is new of a block is touched, as a program that asks for it would. */
#include "workloads/block.h"
#include "workloads/probe.h"
#include "workloads/report.h"
#include "workloads/rng.h"

#define OPS_DEFAULT     UINT64_C(20000)
#define PAGE            4096
#define SPARSE          (16 * PAGE)
#define ONE_IN_VERY     20 /* so many blocks for one that is larger than --max */
#define PICKS_PER_CLOCK 16

struct lane { /* what one thread owns; padded, for threads must not share its cache lines */
    unsigned char **blocks;
    uint64_t *sizes; /* 0 = empty */
    struct rng rng;
    uint64_t tag; /* tells this lane's patterns from those of other lanes */
    uint64_t ops_wanted;
    uint64_t ops, allocs, frees, reallocs, bytes, held, held_max, checksum, audit_errors;
} __attribute__((aligned(128)));

struct largeblocks {
    struct options options;
    uint64_t slots, size_min, size_max, size_huge;
    bool sparse;
    struct lane *lanes;
};

/* Audit has written every byte anyway. */
static void touch(const struct largeblocks *large, unsigned char *block, uint64_t from, uint64_t to)
{
    if (large->options.audit) {
        return;
    }
    if (large->sparse) {
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

static uint64_t draw_size(const struct largeblocks *large, struct rng *rng)
{
    if (large->size_huge > large->size_max &&
        rng_scale((uint32_t)rng_next(rng), ONE_IN_VERY) == 0) {
        return block_draw_size(rng, large->size_max, large->size_huge);
    }
    return block_draw_size(rng, large->size_min, large->size_max);
}

static void note(struct lane *lane, uint64_t slot, uint64_t size)
{
    lane->bytes += size > lane->sizes[slot] ? size - lane->sizes[slot] : 0;
    lane->held = lane->held - lane->sizes[slot] + size;
    lane->held_max = lane->held > lane->held_max ? lane->held : lane->held_max;
    lane->sizes[slot] = size;
    lane->checksum = rng_mix(lane->checksum ^ size) + slot;
}

static void make(const struct largeblocks *large, struct lane *lane, uint32_t slot)
{
    uint64_t size = draw_size(large, &lane->rng);
    lane->blocks[slot] = block_make(size, lane->tag + slot, large->options.audit);
    touch(large, lane->blocks[slot], 0, size);
    lane->allocs++;
    note(lane, slot, size);
}

static void drop(const struct largeblocks *large, struct lane *lane, uint32_t slot)
{
    lane->audit_errors +=
        block_drop(lane->blocks[slot], lane->sizes[slot], lane->tag + slot, large->options.audit);
    lane->frees++;
    note(lane, slot, 0);
}

/* Whether there was room below the largest size. */
static bool grow(const struct largeblocks *large, struct lane *lane, uint32_t slot)
{
    uint64_t size = lane->sizes[slot];
    uint64_t step = size / 8 + rng_scale((uint32_t)rng_next(&lane->rng), size - size / 8) + 1;
    uint64_t limit = large->size_huge > large->size_max ? large->size_huge : large->size_max;
    if (size + step > limit) {
        return false;
    }
    lane->blocks[slot] = block_resize(lane->blocks[slot], size, size + step, lane->tag + slot,
                                      large->options.audit, &lane->audit_errors);
    touch(large, lane->blocks[slot], size, size + step);
    lane->reallocs++;
    note(lane, slot, size + step);
    return true;
}

static void pick(const struct largeblocks *large, struct lane *lane)
{
    uint64_t bits = rng_next(&lane->rng);
    uint32_t slot = rng_scale((uint32_t)bits, large->slots);
    if (lane->sizes[slot] == 0) {
        make(large, lane, slot);
    } else if (bits >> 62 != 0 || !grow(large, lane, slot)) {
        drop(large, lane, slot);
    }
    lane->ops++;
}

static void run(void *context, unsigned index)
{
    const struct largeblocks *large = context;
    struct lane *lane = &large->lanes[index];
    bool by_time = large->options.duration_ns > 0;
    while (by_time ? lane->ops % PICKS_PER_CLOCK != 0 || !probe_time_is_up()
                   : lane->ops < lane->ops_wanted) {
        pick(large, lane);
        if (lane->ops % PICKS_PER_CLOCK == 0) {
            probe_progress(PICKS_PER_CLOCK);
        }
    }
}

static void clean(void *context, unsigned index)
{
    const struct largeblocks *large = context;
    struct lane *lane = &large->lanes[index];
    for (uint32_t slot = 0; slot < large->slots; slot++) {
        if (lane->sizes[slot] > 0) {
            drop(large, lane, slot);
        }
    }
    lane->audit_errors += lane->allocs != lane->frees || lane->held != 0;
}

static void make_lanes(struct largeblocks *large)
{
    uint64_t threads = large->options.threads;
    large->lanes = probe_memory(threads * sizeof *large->lanes);
    for (uint64_t i = 0; i < threads; i++) {
        struct lane *lane = &large->lanes[i];
        lane->blocks = probe_memory(large->slots * sizeof *lane->blocks);
        lane->sizes = probe_memory(large->slots * sizeof *lane->sizes);
        lane->tag = i << 32;
        lane->rng = rng_start(large->options.seed, i);
        lane->ops_wanted = options_share_of_ops(&large->options, i);
    }
}

static int measure(struct largeblocks *large)
{
    make_lanes(large);
    struct probe_job job = {
        .run = run, .clean = clean, .context = large, .threads = (unsigned)large->options.threads};
    struct report report = {.options = &large->options};
    report.reading = probe_measure(&large->options, &job);
    uint64_t reallocs = 0, bytes = 0, held_max = 0;
    for (uint64_t i = 0; i < large->options.threads; i++) {
        const struct lane *lane = &large->lanes[i];
        report.ops += lane->ops;
        report.allocs += lane->allocs;
        report.frees += lane->frees;
        report.audit_errors += lane->audit_errors;
        report.checksum += rng_mix(lane->checksum + i);
        reallocs += lane->reallocs;
        bytes += lane->bytes;
        held_max += lane->held_max;
    }
    struct report_item params[] = {{.name = "slots", .number = large->slots},
                                   {.name = "min", .number = large->size_min},
                                   {.name = "max", .number = large->size_max},
                                   {.name = "huge", .number = large->size_huge},
                                   {.name = "sparse", .number = large->sparse}};
    struct report_item result[] = {{.name = "reallocs", .number = reallocs},
                                   {.name = "bytes", .number = bytes},
                                   {.name = "held_bytes_max", .number = held_max}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

int main(int argc, char **argv)
{
    static struct largeblocks large = {
        .options = {.program = "largeblocks",
                    .about = "Large blocks of random lifetime, some of which grow by realloc.",
                    .ops_help = "blocks made, freed or grown, all threads together",
                    .ops = OPS_DEFAULT,
                    .threads = 1,
                    .seed = 1},
        .slots = 64,
        .size_min = 25 * 1024,
        .size_max = 1000 * 1024,
        .size_huge = 8 << 20};
    const struct option own[] = {
        {"--slots", OPTION_NUMBER, &large.slots, 1, UINT64_C(1) << 28, "N", "slots of each thread"},
        {"--min", OPTION_NUMBER, &large.size_min, 1, UINT64_C(1) << 30, "BYTES", "smallest block"},
        {"--max", OPTION_NUMBER, &large.size_max, 1, UINT64_C(1) << 30, "BYTES",
         "largest of most blocks"},
        {"--huge", OPTION_NUMBER, &large.size_huge, 0, UINT64_C(1) << 30, "BYTES",
         "largest of one block in 20; up to --max: none"},
        {"--sparse", OPTION_FLAG, &large.sparse, 0, 0, NULL,
         "touch a byte of every 64 KiB instead of the ends of every page"},
    };
    options_parse(&large.options, own, sizeof own / sizeof *own, argc, argv);
    options_check_range(&large.options, large.size_min, large.size_max);
    return measure(&large);
}
