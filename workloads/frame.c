#include "workloads/frame.h"

#include <assert.h>
#include <string.h>

/* More than any workload has. */
#define ITEMS_MAX 24

static struct frame_lane *lane_at(const struct frame *frame, uint64_t index)
{
    return (void *)((char *)frame->lanes + index * frame->lane.bytes);
}

static void make_lanes(struct frame *frame)
{
    const struct options *options = &frame->options;
    assert(frame->lane.bytes >= sizeof(struct frame_lane));
    frame->lanes = probe_memory(options->threads * frame->lane.bytes);
    for (unsigned i = 0; i < options->threads; i++) {
        struct frame_lane *lane = lane_at(frame, i);
        lane->options = options;
        lane->rng = rng_start(options->seed, i);
        lane->ops_wanted = frame_share(options->ops, options->threads, i);
        lane->index = i;
        lane->by_time = options->duration_ns > 0;
        lane->audit = options->audit;
        frame->lane.start(lane);
    }
}

static void run(void *context, unsigned index)
{
    const struct frame *frame = context;
    frame->lane.run(lane_at(frame, index));
}

static void clean(void *context, unsigned index)
{
    const struct frame *frame = context;
    frame->lane.clean(lane_at(frame, index));
}

static void lead(void *context)
{
    const struct frame *frame = context;
    frame->lead(frame);
}

/* A block that was lost, or freed by a lane that did not make it, shows in the counts. */
static void add_up(const struct frame *frame, struct report *report)
{
    for (unsigned i = 0; i < frame->options.threads; i++) {
        const struct frame_lane *lane = lane_at(frame, i);
        report->ops += lane->ops;
        report->allocs += lane->allocs;
        report->frees += lane->frees;
        report->audit_errors += lane->audit_errors;
        report->audit_errors += !frame->blocks_cross && lane->allocs != lane->frees;
        report->checksum += lane->takes_any ? lane->checksum : rng_mix(lane->checksum + i);
    }
    if (frame->finish) {
        frame->finish(frame, report);
    }
    report->audit_errors += frame->blocks_cross && report->allocs != report->frees;
    report->ops = frame->ops_are_allocs ? report->allocs : report->ops;
}

static size_t list_params(const struct frame *frame, struct report_item *items)
{
    static const char no[] = "--no-";
    size_t count = 0;
    for (size_t i = 0; i < frame->own.count; i++) {
        const struct option *option = &frame->own.table[i];
        bool turned = option->kind == OPTION_FLAG && strncmp(option->name, no, strlen(no)) == 0;
        struct report_item item = {.name = option->name + strlen(turned ? no : "--")};
        if (option->kind == OPTION_NUMBER) {
            item.number = *(const uint64_t *)option->target;
        } else if (option->kind == OPTION_FLAG) {
            item.number = *(const bool *)option->target != turned;
        } else {
            continue;
        }
        assert(count < ITEMS_MAX);
        items[count++] = item;
    }
    return count;
}

static struct report_item read_result(const struct frame *frame, const struct frame_result *result)
{
    struct report_item item = {.name = result->name};
    uint64_t lanes = result->kind == FRAME_SUM ? frame->options.threads : 1;
    switch (result->kind) {
    case FRAME_SUM:
    case FRAME_FIRST:
        for (uint64_t i = 0; i < lanes; i++) {
            item.number += *(uint64_t *)((char *)lane_at(frame, i) + result->offset);
        }
        break;
    case FRAME_NUMBER:
        item.number = *(const uint64_t *)result->value;
        break;
    case FRAME_TEXT:
        item.text = *(const char *const *)result->value;
        break;
    case FRAME_JSON:
        item.json = *(const char *const *)result->value;
    }
    return item;
}

static int run_lanes(struct frame *frame)
{
    struct report_item params[ITEMS_MAX], results[ITEMS_MAX];
    make_lanes(frame);
    struct probe_job job = {.run = run,
                            .clean = frame->lane.clean ? clean : NULL,
                            .lead = frame->lead ? lead : NULL,
                            .context = frame,
                            .threads = (unsigned)frame->options.threads};
    struct report report = {.options = &frame->options, .params = params, .result = results};
    report.reading = probe_measure(&frame->options, &job);
    add_up(frame, &report);
    report.param_count = list_params(frame, params);
    assert(frame->results.count <= ITEMS_MAX);
    for (; report.result_count < frame->results.count; report.result_count++) {
        results[report.result_count] =
            read_result(frame, &frame->results.table[report.result_count]);
    }
    return report_print(&report);
}

int frame_main(struct frame *frame, int argc, char **argv)
{
    struct options *options = &frame->options;
    options->seed = 1;
    options->threads = options->threads > 0 ? options->threads : 1;
    options_parse(options, frame->own.table, frame->own.count, argc, argv);
    if (frame->prepare) {
        frame->prepare(frame);
    }
    return run_lanes(frame);
}
