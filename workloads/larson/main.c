/* larson: a server that replaces blocks at random, and whose threads come and go.
 *
 * A lane (lane.h) is a table of blocks that are always all there. One operation picks a slot at
 * random, frees the block in it and puts a new one of random size there. After so many rounds the
 * thread hands the whole table to a thread that it has just made, and ends (relay.h). So a block is
 * mostly freed by another thread than made it, often by one that came long after that one ended. */
#include "workloads/larson/lane.h"

static const struct option own[] = {
    {"--blocks", OPTION_NUMBER, &larson.blocks, 1, UINT64_C(1) << 28, "N", "blocks of each thread"},
    {"--min", OPTION_NUMBER, &larson.size_min, 1, UINT64_C(1) << 30, "BYTES", "smallest block"},
    {"--max", OPTION_NUMBER, &larson.size_max, 1, UINT64_C(1) << 30, "BYTES", "largest block"},
    {"--rounds", OPTION_NUMBER, &larson.rounds, 1, UINT64_C(1) << 40, "N",
     "rounds of a thread's life, each of as many operations as blocks"},
};

static const struct frame_result results[] = {
    {.name = "threads_made", .offset = offsetof(struct lane, relay.legs)},
};

static void prepare(struct frame *frame)
{
    options_check_range(&frame->options, larson.size_min, larson.size_max);
}

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct lane), lane_start, lane_run, lane_clean},
    .options = {.program = "larson",
                .about = "Replaces random blocks of a full table, which is handed from thread to "
                         "new thread.",
                .ops_help = "replacements (one free, one malloc), all threads together",
                .ops = 40000000,
                .threads = 2},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
