#include "runner/job/whole.h"

#include "runner/base/random.h"
#include "runner/measure/task.h"
#include "runner/table/table.h"

#include <stdio.h>
#include <string.h>

enum { REPEATS_DEFAULT = 5, TIMEOUT_DEFAULT = 600 };

/* Those named, or hakmem and all peers. */
static int choose_allocators(struct bench *bench, struct allocators *allocators,
                             struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct strings names = {0};
    if (bench_read_catalog(bench, problem) != 0)
        return -1;
    if (bench->options.allocators != NULL) {
        allocators_split(arena, bench->options.allocators, &names);
    } else {
        strings_add(arena, &names, "hakmem");
        allocators_add_peers(arena, &bench->catalog, &names);
    }
    return allocators_resolve(arena, &bench->catalog, bench->root, &names, allocators, problem);
}

static int choose(const struct whole_design *design, struct bench *bench, struct campaign *campaign,
                  struct problem *problem)
{
    struct options *options = &bench->options;
    const char *program = NULL;
    struct strings arguments = {0};
    struct allocators allocators;
    if (measure_find_probe(bench->arena, bench->root, &campaign->measure.probe, problem) != 0 ||
        design->choose(bench, campaign, &program, &arguments, problem) != 0 ||
        choose_allocators(bench, &allocators, problem) != 0)
        return -1;
    campaign->cells.at = arena_alloc(bench->arena, (size_t)allocators.count * sizeof(struct cell));
    for (int i = 0; i < allocators.count; i++)
        campaign->cells.at[campaign->cells.count++] = (struct cell){
            .allocator = allocators.at[i],
            .workload = design->workload,
            .side = "",
            .program = program,
            .arguments = arguments,
            .threads = 0, /* Not known: every core is allowed. */
        };
    if (options->repeats == 0)
        options->repeats = REPEATS_DEFAULT;
    campaign->measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : TIMEOUT_DEFAULT);
    return campaign_check_cells(&campaign->cells, problem);
}

static int begin(const struct whole_design *design, struct bench *bench, struct campaign *campaign,
                 struct problem *problem)
{
    int *measured = arena_alloc(bench->arena, (size_t)campaign->cells.count * sizeof *measured);
    int count = 0;
    for (int i = 0; i < campaign->cells.count; i++)
        if (campaign->cells.at[i].allocator.missing == NULL)
            measured[count++] = i;
    campaign_add_facts(bench, campaign);
    campaign->session.seed =
        bench->options.seed > 0 ? (uint64_t)bench->options.seed : random_fresh_seed();
    campaign->plan = plan_complete_blocks(bench->arena, measured, count,
                                          (int)bench->options.repeats, campaign->session.seed);
    return campaign_begin(bench, campaign, "exec", design->mode, problem);
}

static int report(const struct whole_design *design, struct bench *bench, struct campaign *campaign,
                  struct problem *problem)
{
    struct arena *arena = bench->arena;
    const struct session *session = &campaign->session;
    struct samples samples;
    if (store_load_samples(campaign->store, arena, session, &campaign->cells, &samples, problem) !=
        0)
        return bench_fail(bench, problem);
    const struct summary summary = summary_make(arena, &campaign->cells, &samples, SUMMARY_WALL);
    const enum exit_code code = summary_exit_code(&summary);
    json_t *object = NULL;
    if (bench->options.json)
        object = json_pack("{s:s, s:I, s:s, s:I, s:i, s:o, s:o}", "command", bench->name, "session",
                           (json_int_t)session->id, "database", store_path(campaign->store), "seed",
                           (json_int_t)session->seed, "exit_code", (int)code, "cells",
                           table_json(&summary, SUMMARY_WALL), "noise",
                           noise_json(&campaign->noise, &campaign->readings));
    if (design->tell(bench, campaign, &summary, object, problem) != 0) {
        json_decref(object);
        return bench_fail(bench, problem);
    }
    if (object != NULL) {
        json_print(object);
        return code;
    }
    printf("\n%s\n", table_counts(arena, &summary));
    noise_print(&campaign->noise, &campaign->readings, stdout);
    printf("%s · session %lld · seed %llu\n", store_path(campaign->store), (long long)session->id,
           (unsigned long long)session->seed);
    return code;
}

static int run(struct bench *bench, struct campaign *campaign, const void *told,
               struct problem *problem)
{
    const struct whole_design *design = told;
    if (choose(design, bench, campaign, problem) != 0 ||
        campaign_open(bench, campaign, problem) != 0 ||
        begin(design, bench, campaign, problem) != 0)
        return bench_fail(bench, problem);
    switch (campaign_run(bench, campaign, problem)) {
    case CAMPAIGN_DONE:
        return report(design, bench, campaign, problem);
    case CAMPAIGN_INTERRUPTED:
        fputs("interrupted: the next call starts anew\n", stderr);
        return EXIT_INTERRUPTED;
    default:
        return bench_fail(bench, problem);
    }
}

int whole_command(const struct whole_design *design, int argc, char *const *argv)
{
    const struct task task = {.help = design->help,
                              .options = design->options,
                              .takes_words = true,
                              .design = design,
                              .run = run};
    return task_command(&task, argc, argv);
}
