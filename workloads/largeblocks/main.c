/* largeblocks: blocks of 25 KiB to some MiB, of random lifetime, some of which grow.
 *
 * A thread owns a table of slots (lane.h). One operation picks a slot at random: an empty one gets
 * a block, a full one is freed or, one time in four, its block grows by realloc, a step of an
 * eighth to the whole of its size. What is new of a block is touched, as a program that asks for it
 * would. */
#include "workloads/largeblocks/lane.h"

static const struct option own[] = {
    {"--slots", OPTION_NUMBER, &large.slots, 1, UINT64_C(1) << 28, "N", "slots of each thread"},
    {"--min", OPTION_NUMBER, &large.size_min, 1, UINT64_C(1) << 30, "BYTES", "smallest block"},
    {"--max", OPTION_NUMBER, &large.size_max, 1, UINT64_C(1) << 30, "BYTES",
     "largest of most blocks"},
    {"--huge", OPTION_NUMBER, &large.size_huge, 0, UINT64_C(1) << 30, "BYTES",
     "largest of one block in 20; up to --max: none"},
    {"--sparse", OPTION_FLAG, &large.sparse, 0, 0, NULL,
     "touch a byte of every 64 KiB instead of the ends of every page"},
};

static const struct frame_result results[] = {
    {.name = "reallocs", .offset = offsetof(struct lane, reallocs)},
    {.name = "bytes", .offset = offsetof(struct lane, bytes)},
    {.name = "held_bytes_max", .offset = offsetof(struct lane, held_max)},
};

static void prepare(struct frame *frame)
{
    options_check_range(&frame->options, large.size_min, large.size_max);
}

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct lane), lane_start, lane_run, lane_clean},
    .options = {.program = "largeblocks",
                .about = "Large blocks of random lifetime, some of which grow by realloc.",
                .ops_help = "blocks made, freed or grown, all threads together",
                .ops = 20000},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
