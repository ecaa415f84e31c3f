/* xthread: producers make batches of small blocks, consumers free them.
 *
 * No block is ever freed by the thread that made it, so an allocator gets no good from a list of
 * free blocks that belongs to the thread: everything has to find its way back. The array of a
 * batch travels and is freed likewise; its size is mixed, from a few bytes to twice the mean. */
#include "workloads/block.h"
#include "workloads/probe.h"
#include "workloads/report.h"
#include "workloads/rng.h"
#include "workloads/xthread/queue.h"

#define OPS_DEFAULT UINT64_C(4000000)
#define BATCH_MAX   (UINT64_C(1) << 24)

struct entry {
    unsigned char *block;
    uint64_t size;
};

struct batch {
    uint64_t count;
    uint64_t tag;  /* of the first block; the others count on from it */
    uint64_t seal; /* audit only: over all the rest */
    struct entry entries[];
};

struct lane { /* what one thread owns; padded, for threads must not share its cache lines */
    struct rng rng;
    uint64_t tag, blocks_wanted;
    uint64_t blocks, batches, audit_errors, checksum;
} __attribute__((aligned(128)));

struct xthread {
    struct options options;
    uint64_t batch, depth, size_min, size_max;
    uint64_t producers; /* the threads below this index; the others consume */
    struct queue queue;
    struct lane *lanes;
};

static uint64_t batch_seal(const struct batch *batch)
{
    uint64_t hash = block_hash(batch->entries, batch->count * sizeof *batch->entries);
    return rng_mix(hash ^ rng_mix(batch->tag) ^ batch->count);
}

static struct batch *make_batch(const struct xthread *xthread, struct lane *lane, uint64_t count)
{
    const uint64_t size_min = xthread->size_min;
    const uint64_t size_span = xthread->size_max - xthread->size_min + 1;
    const bool audit = xthread->options.audit;
    size_t bytes = sizeof(struct batch) + count * sizeof(struct entry);
    struct batch *batch = malloc(bytes);
    if (__builtin_expect(!batch, 0)) {
        probe_out_of_memory(bytes);
    }
    batch->count = count;
    batch->tag = lane->tag;
    uint64_t sizes = 0;
    for (uint64_t i = 0; i < count; i++) {
        size_t size = size_min + rng_scale((uint32_t)rng_next(&lane->rng), size_span);
        batch->entries[i].block = block_make(size, lane->tag + i, audit);
        batch->entries[i].size = size;
        sizes += size;
    }
    batch->seal = audit ? batch_seal(batch) : 0;
    lane->tag += count;
    lane->blocks += count;
    lane->batches++;
    lane->checksum = rng_mix(lane->checksum ^ sizes) + count;
    return batch;
}

static void produce(struct xthread *xthread, struct lane *lane)
{
    bool by_time = xthread->options.duration_ns > 0;
    while (by_time ? !probe_time_is_up() : lane->blocks < lane->blocks_wanted) {
        uint64_t span = 2 * xthread->batch - 1;
        uint64_t count = 1 + rng_scale((uint32_t)rng_next(&lane->rng), span);
        if (!by_time && lane->blocks_wanted - lane->blocks < count) {
            count = lane->blocks_wanted - lane->blocks;
        }
        queue_push(&xthread->queue, make_batch(xthread, lane, count));
        probe_progress(count);
    }
    queue_leave(&xthread->queue);
}

/* The checksum is a sum, for it depends on chance which consumer gets which batch. */
static void consume_batch(const struct xthread *xthread, struct lane *lane, struct batch *batch)
{
    const bool audit = xthread->options.audit;
    if (audit && batch->seal != batch_seal(batch)) {
        lane->audit_errors++; /* its pointers are not to be trusted: it stays where it is */
        return;
    }
    for (uint64_t i = 0; i < batch->count; i++) {
        struct entry *entry = &batch->entries[i];
        /* A consumer reads what it gets, audit or not. */
        unsigned char last = (unsigned char)entry->size;
        lane->audit_errors += !audit && entry->block[entry->size - 1] != last;
        lane->audit_errors += block_drop(entry->block, entry->size, batch->tag + i, audit);
    }
    lane->blocks += batch->count;
    lane->batches++;
    lane->checksum += rng_mix(batch->tag) + batch->count;
    free(batch);
}

static void run(void *context, unsigned index)
{
    struct xthread *xthread = context;
    struct lane *lane = &xthread->lanes[index];
    if (index < xthread->producers) {
        produce(xthread, lane);
        return;
    }
    for (struct batch *batch; (batch = queue_pop(&xthread->queue)) != NULL;) {
        consume_batch(xthread, lane, batch);
    }
}

static void make_lanes(struct xthread *xthread)
{
    uint64_t threads = xthread->options.threads, producers = xthread->producers;
    xthread->lanes = probe_memory(threads * sizeof *xthread->lanes);
    queue_start(&xthread->queue, xthread->depth, producers);
    for (uint64_t i = 0; i < producers; i++) {
        struct lane *lane = &xthread->lanes[i];
        lane->tag = i << 40;
        lane->rng = rng_start(xthread->options.seed, i);
        lane->blocks_wanted =
            xthread->options.ops / producers + (i < xthread->options.ops % producers);
    }
}

static int measure(struct xthread *xthread)
{
    make_lanes(xthread);
    struct probe_job job = {
        .run = run, .context = xthread, .threads = (unsigned)xthread->options.threads};
    struct report report = {.options = &xthread->options};
    report.reading = probe_measure(&xthread->options, &job);
    uint64_t batches = 0;
    for (uint64_t i = 0; i < xthread->options.threads; i++) {
        const struct lane *lane = &xthread->lanes[i];
        bool produces = i < xthread->producers;
        report.ops += produces ? lane->blocks : 0;
        batches += produces ? lane->batches : 0;
        report.allocs += produces ? lane->blocks + lane->batches : 0;
        report.frees += produces ? 0 : lane->blocks + lane->batches;
        report.audit_errors += lane->audit_errors;
        report.checksum += produces ? rng_mix(lane->checksum + i) : lane->checksum;
    }
    report.audit_errors += report.allocs != report.frees;
    struct report_item params[] = {{.name = "batch", .number = xthread->batch},
                                   {.name = "depth", .number = xthread->depth},
                                   {.name = "min", .number = xthread->size_min},
                                   {.name = "max", .number = xthread->size_max}};
    struct report_item result[] = {
        {.name = "producers", .number = xthread->producers},
        {.name = "batches", .number = batches},
        {.name = "queued_batches_max", .number = xthread->queue.count_max}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

int main(int argc, char **argv)
{
    static struct xthread xthread = {
        .options = {.program = "xthread",
                    .about = "Producers make batches of small blocks, consumers free them; half of "
                             "the threads each, at least one.",
                    .ops_help = "blocks handed over, all threads together",
                    .ops = OPS_DEFAULT,
                    .threads = 2,
                    .seed = 1},
        .batch = 2000,
        .depth = 16,
        .size_min = 16,
        .size_max = 256};
    const struct option own[] = {
        {"--batch", OPTION_NUMBER, &xthread.batch, 1, BATCH_MAX, "N", "mean blocks of a batch"},
        {"--depth", OPTION_NUMBER, &xthread.depth, 1, UINT64_C(1) << 20, "N",
         "batches that fit the queue"},
        {"--min", OPTION_NUMBER, &xthread.size_min, 1, UINT64_C(1) << 30, "BYTES",
         "smallest block"},
        {"--max", OPTION_NUMBER, &xthread.size_max, 1, UINT64_C(1) << 30, "BYTES", "largest block"},
    };
    options_parse(&xthread.options, own, sizeof own / sizeof *own, argc, argv);
    options_check_range(&xthread.options, xthread.size_min, xthread.size_max);
    /* What runs is what is reported: one thread cannot be producer and consumer. */
    xthread.options.threads = xthread.options.threads < 2 ? 2 : xthread.options.threads;
    xthread.producers = xthread.options.threads / 2;
    return measure(&xthread);
}
