#include "runner/base/random.h"
#include "runner/command/commands.h"
#include "runner/job/misuse_table.h"
#include "runner/measure/task.h"

#include <stdio.h>
#include <string.h>

static const unsigned accepted =
    OPTION_ALLOCATORS | OPTION_CASE | OPTION_RESULTS | OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX;

static const char help[] =
    "usage: hakbench misuse [options]\n"
    "\n"
    "Misuses memory in every known way under hakmem with no layer, each layer alone, each\n"
    "left out and all, in every layout and front; each case is a fresh process. Shows who\n"
    "reported it, or whether it crashed or went wrong in silence, and compares that with\n"
    "allocator/tests/misuse/predicted.txt: exit code 4 when something is not as predicted.\n";

static int choose(struct bench *bench, struct misuse_stage *stage, struct problem *problem)
{
    struct strings names = {0};
    if (bench_read_catalog(bench, problem) != 0)
        return -1;
    if (bench->options.allocators != NULL)
        allocators_split(bench->arena, bench->options.allocators, &names);
    else
        misuse_add_names(bench->arena, &bench->catalog, &names);
    return misuse_prepare(bench, &names, &bench->options.cases, stage, problem);
}

/* A session without a plan: its cells only say which builds were there. */
static int begin(const struct bench *bench, const struct misuse_stage *stage,
                 struct campaign *campaign, struct problem *problem)
{
    const struct allocators *allocators = &stage->allocators;
    campaign->cells.at = arena_alloc(bench->arena, (size_t)allocators->count * sizeof(struct cell));
    for (int i = 0; i < allocators->count; i++)
        campaign->cells.at[campaign->cells.count++] = (struct cell){.allocator = allocators->at[i],
                                                                    .workload = "misuse",
                                                                    .side = "",
                                                                    .program = stage->program};
    campaign->session.seed = random_fresh_seed();
    campaign_add_facts(bench, campaign);
    return campaign_begin(bench, campaign, "exec", "misuse", problem);
}

static int report(const struct bench *bench, const struct campaign *campaign,
                  const struct misuse_stage *stage)
{
    const enum exit_code code = misuse_exit_code(stage);
    const long long id = (long long)campaign->session.id;
    if (bench->options.json) {
        json_print(json_pack("{s:s, s:I, s:s, s:i, s:i, s:i, s:o}", "command", "misuse", "session",
                             (json_int_t)id, "database", store_path(campaign->store), "exit_code",
                             (int)code, "predicted", stage->predicted, "held", stage->held,
                             "outcomes", misuse_table_json(stage)));
        return code;
    }
    misuse_table_print(bench->arena, stage);
    printf("\n%s · session %lld\n", store_path(campaign->store), id);
    misuse_table_print_held(bench->arena, stage, stdout);
    return code;
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    struct misuse_stage stage = {0};
    if (choose(bench, &stage, problem) != 0 || campaign_open(bench, campaign, problem) != 0 ||
        begin(bench, &stage, campaign, problem) != 0)
        return bench_fail(bench, problem);
    enum campaign_end end = misuse_run(bench, campaign, &stage, problem);
    /* Nothing is planned besides, so this only ends the session. */
    if (end == CAMPAIGN_DONE)
        end = campaign_run(bench, campaign, problem);
    if (end == CAMPAIGN_DONE)
        return report(bench, campaign, &stage);
    if (end != CAMPAIGN_INTERRUPTED)
        return bench_fail(bench, problem);
    fprintf(stderr, "interrupted: %d outcomes are stored in %s; the next call starts anew\n",
            stage.count, store_path(campaign->store));
    return EXIT_INTERRUPTED;
}

int command_misuse(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .run = run};
    return task_command(&task, argc, argv);
}
