/* ramp: memory grows to a peak, is freed in random order but for a few per cent, and grows again
 * with other sizes: fragmentation, and what is given back to the system.
 *
 * One cycle is the two growths and the two frees (lane.h); a run by time, or by a number of
 * operations, repeats it. After the measured phase the process stays for up to 2 s (settle.h). */
#include "workloads/ramp/lane.h"
#include "workloads/ramp/settle.h"

#define MIB UINT64_C(1048576)

static uint64_t peak = 200, size_min = 16, size_max = 256, keep = 5;
static bool no_settle;
static struct settled settled;

static void start(void *context)
{
    struct lane *lane = context;
    lane->peak = peak * MIB / lane->base.options->threads;
    lane->size_min = size_min;
    lane->size_max = size_max;
    lane->keep = keep;
    lane->tag = (uint64_t)lane->base.index << 32;
    lane_start(lane);
}

static void finish(const struct frame *frame, struct report *report)
{
    if (!no_settle) {
        settled = settle(frame->options.seed, report->reading.rss_start);
    }
}

static const struct option own[] = {
    {"--peak", OPTION_NUMBER, &peak, 1, UINT64_C(1) << 20, "MIB",
     "bytes of a growth, all threads together"},
    {"--min", OPTION_NUMBER, &size_min, 1, UINT64_C(1) << 28, "BYTES",
     "smallest block of the first growth (the second: 3 times as large)"},
    {"--max", OPTION_NUMBER, &size_max, 1, UINT64_C(1) << 28, "BYTES",
     "largest block of the first growth"},
    {"--keep", OPTION_NUMBER, &keep, 0, 99, "PERCENT", "blocks that outlive both growths"},
    {"--no-settle", OPTION_FLAG, &no_settle, 0, 0, NULL,
     "do not watch for up to 2 s what memory the process keeps"},
};

/* A stage's time and RSS are the first lane's. */
#define OF_STAGE(label, end, stage)                                                                \
    {.name = label "_ns", .kind = FRAME_FIRST, .offset = offsetof(struct lane, stage_ns[stage])},  \
    {                                                                                              \
        .name = "rss_" end, .kind = FRAME_FIRST, .offset = offsetof(struct lane, rss[stage])       \
    }

static const struct frame_result results[] = {
    {.name = "cycles", .kind = FRAME_FIRST, .offset = offsetof(struct lane, cycles)},
    {.name = "held_bytes_max", .offset = offsetof(struct lane, held_max)},
    OF_STAGE("grow", "grown", STAGE_GROW),
    OF_STAGE("thin", "thinned", STAGE_THIN),
    OF_STAGE("regrow", "regrown", STAGE_REGROW),
    OF_STAGE("free", "freed", STAGE_FREE),
    /* The last three, which a run without settling leaves out: */
    {.name = "rss_settled", .kind = FRAME_NUMBER, .value = &settled.rss},
    {.name = "settle_ns", .kind = FRAME_NUMBER, .value = &settled.took_ns},
    {.name = "fallen_ns", .kind = FRAME_NUMBER, .value = &settled.fallen_ns},
};

static void prepare(struct frame *frame)
{
    options_check_range(&frame->options, size_min, size_max);
    if (peak * MIB / frame->options.threads / size_min > UINT32_MAX) {
        options_fail(&frame->options,
                     "--peak %llu is more blocks of --min %llu than fit a table; "
                     "ask for a lower peak or larger blocks",
                     (unsigned long long)peak, (unsigned long long)size_min);
    }
    frame->results.count -= no_settle ? 3 : 0;
}

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct lane), start, lane_run, NULL},
    .finish = finish,
    .ops_are_allocs = true,
    .options = {.program = "ramp",
                .about = "Grows to a peak, frees nearly all in random order, grows again with "
                         "other sizes, frees the rest.",
                .ops_help = "repeat cycles until so many blocks were made (one if absent)"},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
