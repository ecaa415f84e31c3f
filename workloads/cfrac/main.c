/* cfrac: factors a number with continued fractions: tiny, short-lived blocks, freed nearly in the
 * order in which they were made. Real work, whose result is checked. */
#include "workloads/cfrac/lane.h"

static const struct option own[] = {
    {"--number", OPTION_TEXT, &lane_number.text, 0, 0, "N", "the number to factor"},
    {"--digits", OPTION_NUMBER, &lane_number.digits, 1, NUMBER_DIGITS_MAX, "D",
     "a built-in number of so many digits"},
};

static const struct frame_result results[] = {
    {.name = "number", .kind = FRAME_TEXT, .value = &lane_number.text},
    {.name = "factors", .kind = FRAME_JSON, .value = &lane_factors},
    {.name = "repetitions", .offset = offsetof(struct lane, repetitions)},
    {.name = "bytes", .offset = offsetof(struct lane, account.bytes)},
    {.name = "allocs_upto16", .offset = offsetof(struct lane, account.upto16)},
    {.name = "allocs_17to32", .offset = offsetof(struct lane, account.upto32)},
    {.name = "held_blocks_max", .offset = offsetof(struct lane, account.live_max)},
};

static void prepare(struct frame *frame)
{
    number_choose(&lane_number, &frame->options);
}

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct lane), lane_start, lane_run, lane_clean},
    .finish = lane_finish,
    .ops_are_allocs = true,
    .options = {.program = "cfrac",
                .about = "Factors a number with continued fractions and small bignums on the "
                         "heap, and checks the factors.",
                .ops_help = "repeat until so many blocks were made (once if absent)"},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
