/* larson: a server that replaces blocks at random, and whose threads come and go.
 *
 * A lane is a table of blocks that are always all there. One operation picks a slot at random,
 * frees the block in it and puts a new one of random size there. After so many rounds the thread
 * hands the whole table to a thread that it has just made, and ends (relay.h). So a block is
 * mostly freed by another thread than made it, often by one that came long after that one ended. */

#include "workloads/block.h"
#include "workloads/probe.h"
#include "workloads/relay.h"
#include "workloads/report.h"
#include "workloads/rng.h"

#define OPS_DEFAULT UINT64_C(40000000)

struct larson;

struct lane { /* what is handed from thread to thread; padded, for lanes share no cache line */
    const struct larson *larson;
    void **blocks;
    uint32_t *sizes; /* audit only */
    struct rng rng;
    struct relay relay;
    uint64_t tag; /* tells this lane's patterns from those of other lanes */
    uint64_t ops_wanted;
    uint64_t ops, allocs, frees, checksum, audit_errors;
} __attribute__((aligned(128)));

struct larson {
    struct options options;
    uint64_t blocks, size_min, size_max, rounds;
    struct lane *lanes;
};

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
    lane->audit_errors += block_drop(lane->blocks[slot], size, lane->tag + slot, audit);
}

/* Specialised twice, so that the measured loop has no trace of the audit. */
static inline __attribute__((always_inline)) void
replace(const struct larson *larson, struct lane *lane, uint64_t count, const bool audit)
{
    const uint64_t blocks = larson->blocks, size_min = larson->size_min;
    const uint64_t size_span = larson->size_max - larson->size_min + 1;
    struct rng rng = lane->rng;
    uint64_t sizes = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t bits = rng_next(&rng);
        uint32_t slot = rng_scale((uint32_t)bits, blocks);
        size_t size = size_min + rng_scale((uint32_t)(bits >> 32), size_span);
        drop_block(lane, slot, audit);
        put_block(lane, slot, size, audit);
        sizes += size;
    }
    lane->rng = rng;
    lane->ops += count;
    lane->allocs += count;
    lane->frees += count;
    lane->checksum = rng_mix(lane->checksum ^ sizes) + rng.state;
}

static bool is_over(const struct larson *larson, const struct lane *lane)
{
    return larson->options.duration_ns > 0 ? probe_time_is_up() : lane->ops >= lane->ops_wanted;
}

/* One thread's life. A round is as many operations as there are blocks. */
static bool leg(void *context)
{
    struct lane *lane = context;
    const struct larson *larson = lane->larson;
    for (uint64_t round = 0; round < larson->rounds && !is_over(larson, lane); round++) {
        uint64_t count = larson->blocks;
        if (larson->options.duration_ns == 0 && lane->ops_wanted - lane->ops < count) {
            count = lane->ops_wanted - lane->ops;
        }
        if (larson->options.audit) {
            replace(larson, lane, count, true);
        } else {
            replace(larson, lane, count, false);
        }
        probe_progress(count);
    }
    return !is_over(larson, lane);
}

static void run(void *context, unsigned index)
{
    const struct larson *larson = context;
    struct lane *lane = &larson->lanes[index];
    uint64_t size_span = larson->size_max - larson->size_min + 1;
    for (uint32_t slot = 0; slot < larson->blocks; slot++) {
        size_t size =
            larson->size_min + rng_scale((uint32_t)(rng_next(&lane->rng) >> 32), size_span);
        put_block(lane, slot, size, larson->options.audit);
        lane->allocs++;
    }
    relay_run(&lane->relay);
}

static void clean(void *context, unsigned index)
{
    const struct larson *larson = context;
    struct lane *lane = &larson->lanes[index];
    for (uint32_t slot = 0; slot < larson->blocks; slot++) {
        drop_block(lane, slot, larson->options.audit);
        lane->frees++;
    }
    lane->audit_errors += lane->allocs != lane->frees;
}

static void make_lanes(struct larson *larson)
{
    uint64_t threads = larson->options.threads;
    larson->lanes = probe_memory(threads * sizeof *larson->lanes);
    for (uint64_t i = 0; i < threads; i++) {
        struct lane *lane = &larson->lanes[i];
        lane->larson = larson;
        lane->blocks = probe_memory(larson->blocks * sizeof *lane->blocks);
        if (larson->options.audit) {
            lane->sizes = probe_memory(larson->blocks * sizeof *lane->sizes);
        }
        lane->tag = i << 32;
        lane->rng = rng_start(larson->options.seed, i);
        lane->ops_wanted = options_share_of_ops(&larson->options, i);
        lane->relay.leg = leg;
        lane->relay.context = lane;
    }
}

static int measure(struct larson *larson)
{
    make_lanes(larson);
    struct probe_job job = {.run = run,
                            .clean = clean,
                            .context = larson,
                            .threads = (unsigned)larson->options.threads};
    struct report report = {.options = &larson->options};
    report.reading = probe_measure(&larson->options, &job);
    uint64_t threads_made = 0;
    for (uint64_t i = 0; i < larson->options.threads; i++) {
        const struct lane *lane = &larson->lanes[i];
        report.ops += lane->ops;
        report.allocs += lane->allocs;
        report.frees += lane->frees;
        report.audit_errors += lane->audit_errors;
        report.checksum += rng_mix(lane->checksum + i);
        threads_made += lane->relay.legs;
    }
    struct report_item params[] = {{.name = "blocks", .number = larson->blocks},
                                   {.name = "min", .number = larson->size_min},
                                   {.name = "max", .number = larson->size_max},
                                   {.name = "rounds", .number = larson->rounds}};
    struct report_item result[] = {{.name = "threads_made", .number = threads_made}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

int main(int argc, char **argv)
{
    static struct larson larson = {
        .options = {.program = "larson",
                    .about = "Replaces random blocks of a full table, which is handed from thread "
                             "to new thread.",
                    .ops_help = "replacements (one free, one malloc), all threads together",
                    .ops = OPS_DEFAULT,
                    .threads = 2,
                    .seed = 1},
        .blocks = 1000,
        .size_min = 8,
        .size_max = 1000,
        .rounds = 100};
    const struct option own[] = {
        {"--blocks", OPTION_NUMBER, &larson.blocks, 1, UINT64_C(1) << 28, "N",
         "blocks of each thread"},
        {"--min", OPTION_NUMBER, &larson.size_min, 1, UINT64_C(1) << 30, "BYTES", "smallest block"},
        {"--max", OPTION_NUMBER, &larson.size_max, 1, UINT64_C(1) << 30, "BYTES", "largest block"},
        {"--rounds", OPTION_NUMBER, &larson.rounds, 1, UINT64_C(1) << 40, "N",
         "rounds of a thread's life, each of as many operations as blocks"},
    };
    options_parse(&larson.options, own, sizeof own / sizeof *own, argc, argv);
    options_check_range(&larson.options, larson.size_min, larson.size_max);
    return measure(&larson);
}
