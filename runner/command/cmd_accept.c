#include "runner/base/json.h"
#include "runner/command/commands.h"
#include "runner/process/git.h"
#include "runner/subject/bench.h"
#include "runner/trend/history.h"

#include <stdio.h>

static const unsigned accepted_options =
    OPTION_WHY | OPTION_WORKLOAD | OPTION_RESULTS | OPTION_ROWS;

static void print_help(void)
{
    puts(
        "usage: hakbench accept COMMIT --why TEXT [--workload W] [options]\n"
        "\n"
        "Records that a commit was meant to be as slow, or as large, as it is: trends mark it, "
        "and\n"
        "neither they nor gates complain of it any more. On every workload unless some are named.\n"
        "Accepting it again replaces the reason.\n");
    options_print(accepted_options);
}

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

static int run(struct bench *bench, struct problem *problem)
{
    struct store *store = NULL;
    struct arena *arena = bench->arena;
    const char *commit = NULL;
    int status = check(bench, &commit, problem);
    if (status == 0)
        status =
            store_open(arena, bench_results_folder(bench), bench_schema(bench), &store, problem);
    if (status == 0)
        status = put(bench, store, commit, problem);
    if (status != 0) {
        store_close(store);
        return bench_fail(bench, problem);
    }
    const struct strings *workloads = &bench->options.workloads;
    const char *where =
        workloads->count > 0 ? strings_join(arena, workloads, ", ") : "every workload";
    if (bench->options.json)
        json_print(json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "command", "accept", "commit",
                             commit, "workloads", where, "why", bench->options.why, "exit_code", 0,
                             "database", store_path(store)));
    else
        printf("accepted: %.10s on %s: %s\n", commit, where, bench->options.why);
    store_close(store);
    return EXIT_PASS;
}

int command_accept(int argc, char *const *argv)
{
    struct arena arena = {0};
    struct problem problem = {0};
    struct bench bench;
    int code = EXIT_PASS;
    if (bench_open(&arena, argc, argv, accepted_options, &bench, &problem) != 0)
        code = bench_fail(&bench, &problem);
    else if (bench.options.help)
        print_help();
    else
        code = run(&bench, &problem);
    arena_free(&arena);
    return code;
}
