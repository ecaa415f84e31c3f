/* ws8192: random mixed sizes, as a server with many small objects of random lifetime makes them.
 *
 * A thread owns a table of slots. One operation picks a slot at random and frees the block in it,
 * or, when it is empty, puts a new block of random size there and touches its first and last byte.
 * So about half of the slots are full at any time, and an operation is an allocation as often as a
 * free. The loop is kept to one random number an operation, so that it is the allocator that takes
 * the time. */
#include "workloads/ws8192/lane.h"
#include "workloads/ws8192/startup.h"

#define OPS_DEFAULT 20000000

static bool startup;

static const struct option own[] = {
    {"--slots", OPTION_NUMBER, &ws.slots, 1, UINT64_C(1) << 28, "N", "slots of each thread"},
    {"--min", OPTION_NUMBER, &ws.size_min, 1, UINT64_C(1) << 30, "BYTES", "smallest block"},
    {"--max", OPTION_NUMBER, &ws.size_max, 1, UINT64_C(1) << 30, "BYTES", "largest block"},
    {"--rate", OPTION_NUMBER, &ws.rate, 1, UINT64_C(1000000000), "N",
     "operations a second, all threads: each begins when it is due, or late"},
    {"--startup", OPTION_MODE, &startup, 0, 0, NULL,
     "instead: 8 bytes, 16 bytes, then mixed, as a thread's first operations"},
};

static const struct frame_result results[] = {
    {.name = "held_blocks_max", .offset = offsetof(struct lane, held_max)},
};

static void prepare(struct frame *frame)
{
    options_check_range(&frame->options, ws.size_min, ws.size_max);
    if (!startup) {
        return;
    }
    if (frame->options.duration_ns > 0 || frame->options.ops != OPS_DEFAULT || ws.rate > 0) {
        options_fail(&frame->options,
                     "--startup runs once: drop --ops, --seconds and --rate; --slots is the "
                     "number of blocks of a step");
    }
    startup_describe(frame, ws.slots, ws.size_min, ws.size_max);
}

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct lane), lane_start, lane_run, lane_clean},
    .options = {.program = "ws8192",
                .about = "Random mixed sizes: picks a slot at random, frees the block in it or "
                         "puts a new one there.",
                .ops_help = "picks in all threads together",
                .ops = OPS_DEFAULT},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
