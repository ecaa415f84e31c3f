/* xthread: producers make batches of small blocks, consumers free them.
 *
 * No block is ever freed by the thread that made it, so an allocator gets no good from a list of
 * free blocks that belongs to the thread: everything has to find its way back. The array of a
 * batch travels and is freed likewise; its size is mixed, from a few bytes to twice the mean. */
#include "workloads/xthread/batch.h"
#include "workloads/xthread/queue.h"

static struct queue queue;
static uint64_t producers; /* the lanes below this index; the others consume */

static void start(void *context)
{
    struct lane *lane = context;
    lane->tag = (uint64_t)lane->base.index << 40;
    lane->base.ops_wanted = frame_share(lane->base.options->ops, producers, lane->base.index);
    /* It depends on chance which consumer gets which batch. */
    lane->base.takes_any = lane->base.index >= producers;
}

static void produce(struct lane *lane)
{
    while (frame_goes_on(&lane->base, lane->base.ops)) {
        uint64_t span = 2 * xthread.batch - 1;
        uint64_t most = 1 + rng_scale((uint32_t)rng_next(&lane->base.rng), span);
        uint64_t count = frame_chunk(&lane->base, most);
        queue_push(&queue, batch_make(lane, count));
        probe_progress(count);
    }
    queue_leave(&queue);
}

static void run(void *context)
{
    struct lane *lane = context;
    if (lane->base.index < producers) {
        produce(lane);
        return;
    }
    for (struct batch *batch; (batch = queue_pop(&queue)) != NULL;) {
        batch_consume(lane, batch);
    }
}

static const struct option own[] = {
    {"--batch", OPTION_NUMBER, &xthread.batch, 1, UINT64_C(1) << 24, "N", "mean blocks of a batch"},
    {"--depth", OPTION_NUMBER, &xthread.depth, 1, UINT64_C(1) << 20, "N",
     "batches that fit the queue"},
    {"--min", OPTION_NUMBER, &xthread.size_min, 1, UINT64_C(1) << 30, "BYTES", "smallest block"},
    {"--max", OPTION_NUMBER, &xthread.size_max, 1, UINT64_C(1) << 30, "BYTES", "largest block"},
};

static const struct frame_result results[] = {
    {.name = "producers", .kind = FRAME_NUMBER, .value = &producers},
    {.name = "batches", .offset = offsetof(struct lane, batches)},
    {.name = "queued_batches_max", .kind = FRAME_NUMBER, .value = &queue.count_max},
};

static void prepare(struct frame *frame)
{
    options_check_range(&frame->options, xthread.size_min, xthread.size_max);
    /* What runs is what is reported: one thread cannot be producer and consumer. */
    frame->options.threads = frame->options.threads < 2 ? 2 : frame->options.threads;
    producers = frame->options.threads / 2;
    queue_start(&queue, xthread.depth, producers);
}

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct lane), start, run, NULL},
    .blocks_cross = true,
    .options = {.program = "xthread",
                .about = "Producers make batches of small blocks, consumers free them; half of "
                         "the threads each, at least one.",
                .ops_help = "blocks handed over, all threads together",
                .ops = 4000000,
                .threads = 2},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
