/* churn: short-lived threads that build, change and drop structures of mixed objects.
 *
 * A thread owns some growing and shrinking arrays (array.h). One operation, a step, adds an object
 * to an array, takes one out, or changes one, so that each array follows a length that is drawn
 * anew whenever it is reached. After so many steps the thread drops all arrays but one, its
 * result, which its successor (relay.h) keeps until its own end, and ends. */
#include "workloads/churn/lane.h"

static const struct option own[] = {
    {"--arrays", OPTION_NUMBER, &churn.arrays, 1, UINT64_C(1) << 20, "N", "arrays of each thread"},
    {"--length", OPTION_NUMBER, &churn.length, LANE_LENGTH_MIN, UINT64_C(1) << 24, "N",
     "most objects of an array"},
    {"--steps", OPTION_NUMBER, &churn.steps, 1, UINT64_C(1) << 40, "N", "steps of a thread's life"},
};

static const struct frame_result results[] = {
    {.name = "threads_made", .offset = offsetof(struct lane, relay.legs)},
    {.name = "reallocs", .offset = offsetof(struct lane, churner.reallocs)},
};

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .lane = {sizeof(struct lane), lane_start, lane_run, lane_clean},
    .options = {.program = "churn",
                .about = "Short-lived threads build, change and drop arrays of records, strings "
                         "and lists.",
                .ops_help = "steps (one object added, removed or changed), all threads",
                .ops = 9000000,
                .threads = 2},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
