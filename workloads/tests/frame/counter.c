/* counter: a workload that makes no block and only counts, so that every number of its line is
 * known before. What its options plant, the frame has to find. */
#include "workloads/frame.h"

struct lane {
    struct frame_lane base;
    uint64_t squares;
} __attribute__((aligned(128)));

static uint64_t chunk = 7, prepared;
static bool wide, no_rest, lose, pass_on, cross, any;
static const char *word = "none", *list = "[]";

static void prepare(struct frame *frame)
{
    prepared = 10 * chunk;
    frame->blocks_cross = cross;
}

static void start(void *context)
{
    struct lane *lane = context;
    lane->base.takes_any = any;
    lane->squares = (lane->base.index + 2) * (lane->base.index + 2);
}

static void run(void *context)
{
    struct lane *lane = context;
    struct frame_lane *base = &lane->base;
    while (frame_goes_on(base, base->ops)) {
        uint64_t count = frame_chunk(base, chunk);
        base->ops += count;
        base->allocs += count;
        probe_progress(count);
    }
    base->checksum = base->ops;
    /* The first lane's block is lost, or is the second one's to free. */
    base->allocs += (lose || pass_on) && base->index == 0;
    base->frees += pass_on && base->index == 1;
}

static void clean(void *context)
{
    struct lane *lane = context;
    lane->base.frees += lane->base.ops;
}

static void finish(const struct frame *frame, struct report *report)
{
    list = frame->options.threads == 3 && report->ops > 0 ? "[3]" : "[]";
}

static const struct option own[] = {
    {"--chunk", OPTION_NUMBER, &chunk, 1, 9, "N", "operations at once"},
    {"--wide", OPTION_FLAG, &wide, 0, 0, NULL, "nothing but a flag"},
    {"--no-rest", OPTION_FLAG, &no_rest, 0, 0, NULL, "nothing but a flag, turned round"},
    {"--word", OPTION_TEXT, &word, 0, 0, "TEXT", "to be shown"},
    {"--lose", OPTION_MODE, &lose, 0, 0, NULL, "lose a block of the first lane"},
    {"--pass-on", OPTION_MODE, &pass_on, 0, 0, NULL, "let the second lane free one of the first"},
    {"--cross", OPTION_MODE, &cross, 0, 0, NULL, "say that lanes do so"},
    {"--any", OPTION_MODE, &any, 0, 0, NULL, "say that the lanes' shares are chance"},
};

static const struct frame_result results[] = {
    {.name = "squares", .offset = offsetof(struct lane, squares)},
    {.name = "first", .kind = FRAME_FIRST, .offset = offsetof(struct lane, squares)},
    {.name = "prepared", .kind = FRAME_NUMBER, .value = &prepared},
    {.name = "word", .kind = FRAME_TEXT, .value = &word},
    {.name = "list", .kind = FRAME_JSON, .value = &list},
};

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct lane), start, run, clean},
    .finish = finish,
    .options = {.program = "counter",
                .about = "Counts.",
                .ops_help = "counts, all threads together",
                .ops = 100},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
