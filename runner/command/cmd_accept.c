#include "runner/base/json.h"
#include "runner/command/commands.h"
#include "runner/measure/task.h"
#include "runner/process/git.h"
#include "runner/subject/bench.h"
#include "runner/trend/history.h"

#include <stdio.h>

static const unsigned accepted_options =
    OPTION_WHY | OPTION_WORKLOAD | OPTION_RESULTS | OPTION_ROWS;

static const char help[] =
    "usage: hakbench accept COMMIT --why TEXT [--workload W] [options]\n"
    "\n"
    "Records that a commit was meant to be as slow, or as large, as it is: trends mark it, "
    "and\n"
    "neither they nor gates complain of it any more. On every workload unless some are named.\n"
    "Accepting it again replaces the reason.\n";

static int check(struct bench *bench, const char **commit, struct problem *problem)
{
    const struct options *options = &bench->options;
    if (options->positional.count != 1)
        return problem_set(problem, "which commit? hakbench accept COMMIT --why TEXT");
    if (options->why == NULL || *options->why == '\0')
        return problem_set(problem, "why? Give the reason with --why");
    if (bench_read_catalog(bench, problem) != 0)
        return -1;
    for (int i = 0; i < options->workloads.count; i++)
        if (catalog_find_row(&bench->catalog, options->workloads.at[i]) == NULL)
            return problem_set(problem, "unknown workload '%s': see hakbench list",
                               options->workloads.at[i]);
    return git_resolve(bench->arena, bench->root, options->positional.at[0], commit, problem);
}

static int put(const struct bench *bench, struct store *store, const char *commit,
               struct problem *problem)
{
    const struct strings *workloads = &bench->options.workloads;
    if (workloads->count == 0)
        return accepted_put(store, commit, NULL, bench->options.why, problem);
    for (int i = 0; i < workloads->count; i++)
        if (accepted_put(store, commit, workloads->at[i], bench->options.why, problem) != 0)
            return -1;
    return 0;
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    struct arena *arena = bench->arena;
    const struct strings *workloads = &bench->options.workloads;
    const char *commit = NULL;
    if (check(bench, &commit, problem) != 0 ||
        store_open(arena, bench_results_folder(bench), bench_schema(bench), &campaign->store,
                   problem) != 0 ||
        put(bench, campaign->store, commit, problem) != 0)
        return -1;
    const char *where =
        workloads->count > 0 ? strings_join(arena, workloads, ", ") : "every workload";
    if (bench->options.json)
        json_print(json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "command", "accept", "commit",
                             commit, "workloads", where, "why", bench->options.why, "exit_code", 0,
                             "database", store_path(campaign->store)));
    else
        printf("accepted: %.10s on %s: %s\n", commit, where, bench->options.why);
    return EXIT_PASS;
}

int command_accept(int argc, char *const *argv)
{
    const struct task task = {
        .help = help, .options = accepted_options, .takes_words = true, .run = run};
    return task_command(&task, argc, argv);
}
