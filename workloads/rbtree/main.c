/* rbtree: pointer chasing through nodes whose places the allocator has chosen.
 *
 * A tree (tree.h) is filled with random keys; a random half of them is removed, and as many others
 * are inserted into the holes. So where a new node lies depends on what the allocator does with
 * places that became free in random order. Then come rounds of lookups, one walk through the whole
 * tree, and churn (one key removed, another inserted), which are timed apart as well. */
#include "workloads/rbtree/lane.h"

static const struct option own[] = {
    {"--nodes", OPTION_NUMBER, &lane_nodes, 2, UINT64_C(1) << 28, "N",
     "nodes of each thread's tree"},
};

static const struct frame_result results[] = {
    {.name = "rounds", .offset = offsetof(struct lane, rounds)},
    {.name = "build_ns", .offset = offsetof(struct lane, stage_ns[STAGE_BUILD])},
    {.name = "lookup_ns", .offset = offsetof(struct lane, stage_ns[STAGE_LOOKUP])},
    {.name = "walk_ns", .offset = offsetof(struct lane, stage_ns[STAGE_WALK])},
    {.name = "churn_ns", .offset = offsetof(struct lane, stage_ns[STAGE_CHURN])},
};

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .lane = {sizeof(struct lane), lane_start, lane_run, lane_clean},
    .options = {.program = "rbtree",
                .about = "A red-black tree with shuffled nodes: insertions, removals, lookups and "
                         "walks.",
                .ops_help = "repeat rounds until so many tree operations (one if absent)"},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
