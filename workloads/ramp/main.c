/* ramp: memory grows to a peak, is freed in random order but for a few per cent, and grows again
 * with other sizes: fragmentation, and what is given back to the system.
 *
 * One cycle is the two growths and the two frees (lane.h); a run by time, or by a number of
 * operations, repeats it. After the measured phase the process stays for up to 2 s (settle.h). */
#include "workloads/probe.h"
#include "workloads/ramp/lane.h"
#include "workloads/ramp/settle.h"
#include "workloads/report.h"
#include "workloads/rng.h"

#define MIB UINT64_C(1048576)

struct ramp {
    struct options options;
    uint64_t peak, size_min, size_max, keep;
    bool no_settle;
    struct lane *lanes;
};

static void run(void *context, unsigned index)
{
    const struct ramp *ramp = context;
    struct lane *lane = &ramp->lanes[index];
    uint64_t allocs_wanted = options_share_of_ops(&ramp->options, index);
    bool by_time = ramp->options.duration_ns > 0;
    do {
        lane_cycle(lane);
    } while (by_time ? !probe_time_is_up() : lane->allocs < allocs_wanted);
}

static void make_lanes(struct ramp *ramp)
{
    uint64_t threads = ramp->options.threads;
    ramp->lanes = probe_memory(threads * sizeof *ramp->lanes);
    for (uint64_t i = 0; i < threads; i++) {
        struct lane *lane = &ramp->lanes[i];
        lane->peak = ramp->peak * MIB / threads;
        lane->size_min = ramp->size_min;
        lane->size_max = ramp->size_max;
        lane->keep = ramp->keep;
        lane->seed = ramp->options.seed;
        lane->tag = i << 32;
        lane->audit = ramp->options.audit;
        lane_start(lane);
    }
}

static int print(const struct ramp *ramp, struct report *report, const struct settled *settled)
{
    static const char *const names[STAGE_COUNT][2] = {{"grow_ns", "rss_grown"},
                                                      {"thin_ns", "rss_thinned"},
                                                      {"regrow_ns", "rss_regrown"},
                                                      {"free_ns", "rss_freed"}};
    const struct lane *first = &ramp->lanes[0];
    struct report_item params[] = {{.name = "peak", .number = ramp->peak},
                                   {.name = "min", .number = ramp->size_min},
                                   {.name = "max", .number = ramp->size_max},
                                   {.name = "keep", .number = ramp->keep},
                                   {.name = "settle", .number = !ramp->no_settle}};
    struct report_item result[2 * STAGE_COUNT + 5];
    size_t count = 0;
    uint64_t held_max = 0;
    for (uint64_t i = 0; i < ramp->options.threads; i++) {
        held_max += ramp->lanes[i].held_max;
    }
    result[count++] = (struct report_item){.name = "cycles", .number = first->cycles};
    result[count++] = (struct report_item){.name = "held_bytes_max", .number = held_max};
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        result[count++] =
            (struct report_item){.name = names[stage][0], .number = first->stage_ns[stage]};
        result[count++] =
            (struct report_item){.name = names[stage][1], .number = first->rss[stage]};
    }
    if (!ramp->no_settle) {
        result[count++] = (struct report_item){.name = "rss_settled", .number = settled->rss};
        result[count++] = (struct report_item){.name = "settle_ns", .number = settled->took_ns};
        result[count++] = (struct report_item){.name = "fallen_ns", .number = settled->fallen_ns};
    }
    report->params = params;
    report->param_count = sizeof params / sizeof *params;
    report->result = result;
    report->result_count = count;
    return report_print(report);
}

static int measure(struct ramp *ramp)
{
    make_lanes(ramp);
    struct probe_job job = {
        .run = run, .context = ramp, .threads = (unsigned)ramp->options.threads};
    struct report report = {.options = &ramp->options};
    struct settled settled = {.rss = 0};
    report.reading = probe_measure(&ramp->options, &job);
    if (!ramp->no_settle) {
        settled = settle(ramp->options.seed, report.reading.rss_start);
    }
    for (uint64_t i = 0; i < ramp->options.threads; i++) {
        const struct lane *lane = &ramp->lanes[i];
        report.allocs += lane->allocs;
        report.frees += lane->frees;
        report.audit_errors += lane->audit_errors;
        report.checksum += rng_mix(lane->checksum + i);
    }
    report.ops = report.allocs;
    return print(ramp, &report, &settled);
}

int main(int argc, char **argv)
{
    static struct ramp ramp = {
        .options = {.program = "ramp",
                    .about = "Grows to a peak, frees nearly all in random order, grows again with "
                             "other sizes, frees the rest.",
                    .ops_help = "repeat cycles until so many blocks were made (one if absent)",
                    .threads = 1,
                    .seed = 1},
        .peak = 200,
        .size_min = 16,
        .size_max = 256,
        .keep = 5};
    const struct option own[] = {
        {"--peak", OPTION_NUMBER, &ramp.peak, 1, UINT64_C(1) << 20, "MIB",
         "bytes of a growth, all threads together"},
        {"--min", OPTION_NUMBER, &ramp.size_min, 1, UINT64_C(1) << 28, "BYTES",
         "smallest block of the first growth (the second: 3 times as large)"},
        {"--max", OPTION_NUMBER, &ramp.size_max, 1, UINT64_C(1) << 28, "BYTES",
         "largest block of the first growth"},
        {"--keep", OPTION_NUMBER, &ramp.keep, 0, 99, "PERCENT", "blocks that outlive both growths"},
        {"--no-settle", OPTION_FLAG, &ramp.no_settle, 0, 0, NULL,
         "do not watch for up to 2 s what memory the process keeps"},
    };
    options_parse(&ramp.options, own, sizeof own / sizeof *own, argc, argv);
    options_check_range(&ramp.options, ramp.size_min, ramp.size_max);
    if (ramp.peak * MIB / ramp.options.threads / ramp.size_min > UINT32_MAX) {
        options_fail(&ramp.options,
                     "--peak %llu is more blocks of --min %llu than fit a table; "
                     "ask for a lower peak or larger blocks",
                     (unsigned long long)ramp.peak, (unsigned long long)ramp.size_min);
    }
    return measure(&ramp);
}
