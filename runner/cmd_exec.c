#include "runner/campaign.h"
#include "runner/commands.h"
#include "runner/random.h"
#include "runner/select.h"
#include "runner/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned accepted = OPTION_ALLOCATORS | OPTION_REPEATS | OPTION_SEED | OPTION_RESULTS |
                                 OPTION_TIMEOUT | OPTION_WAIT | OPTION_SHOW_OUTPUT | OPTION_MATRIX;

enum { REPEATS_DEFAULT = 5, TIMEOUT_DEFAULT = 600 };

static void print_help(void)
{
    puts("usage: hakbench exec [options] -- COMMAND [arguments]\n"
         "\n"
         "Runs any program under hakmem and all peers, in randomised complete blocks, and shows\n"
         "time, page faults and memory of the whole process. What it prints is dropped, its\n"
         "standard input is empty.\n");
    options_print(accepted);
}

static int fail(const struct problem *problem)
{
    fprintf(stderr, "hakbench exec: %s\n", problem->text);
    return EXIT_USAGE;
}

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* As a shell finds it. */
static int find_program(struct arena *arena, const char *name, const char **program,
                        struct problem *problem)
{
    if (strchr(name, '/') != NULL) {
        if (!is_program(name))
            return problem_set(problem, "%s is no executable file: name another", name);
        char *real = realpath(name, NULL);
        *program = real != NULL ? arena_copy(arena, real) : name;
        free(real);
        return 0;
    }
    struct strings folders = {0};
    const char *path = getenv("PATH");
    strings_split(arena, &folders, path != NULL ? path : "/usr/bin:/bin", ":");
    for (int i = 0; i < folders.count; i++) {
        *program = arena_printf(arena, "%s/%s", folders.at[i], name);
        if (is_program(*program))
            return 0;
    }
    return problem_set(problem, "%s is not in PATH: name an executable", name);
}

static int choose(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    struct options *options = &bench->options;
    struct arena *arena = bench->arena;
    if (options->positional.count > 0 || options->rest.count == 0)
        return problem_set(problem, "put the command behind --: hakbench exec -- COMMAND");
    const char *program = NULL;
    const char *probe = arena_printf(arena, "%s/build/libhakprobe.so", bench->root);
    if (access(probe, R_OK) != 0)
        return problem_set(problem, "%s is not built: run make", probe);
    if (strpbrk(probe, " :") != NULL)
        return problem_set(problem,
                           "%s: LD_PRELOAD cannot hold a path with a space or a colon: "
                           "move it",
                           probe);
    struct strings names = {0}, arguments = {0};
    struct allocators allocators;
    if (find_program(arena, options->rest.at[0], &program, problem) != 0 ||
        bench_read_catalog(bench, problem) != 0)
        return -1;
    if (options->allocators != NULL) {
        allocators_split(arena, options->allocators, &names);
    } else {
        strings_add(arena, &names, "hakmem");
        allocators_add_peers(arena, &bench->catalog, &names);
    }
    if (allocators_resolve(arena, &bench->catalog, bench->root, &names, &allocators, problem) != 0)
        return -1;
    for (int i = 1; i < options->rest.count; i++)
        strings_add(arena, &arguments, options->rest.at[i]);
    campaign->cells.at = arena_alloc(arena, (size_t)allocators.count * sizeof(struct cell));
    for (int i = 0; i < allocators.count; i++)
        campaign->cells.at[campaign->cells.count++] = (struct cell){
            .allocator = allocators.at[i],
            .workload = "exec",
            .side = "",
            .program = program,
            .arguments = arguments,
            .threads = 0, /* Not known: every core is allowed. */
        };
    if (options->repeats == 0)
        options->repeats = REPEATS_DEFAULT;
    campaign->measure.probe = probe;
    campaign->measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : TIMEOUT_DEFAULT);
    campaign->shows_first = options->show_output;
    return campaign_check_cells(&campaign->cells, problem);
}

static int report(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct samples samples;
    if (store_load_samples(campaign->store, arena, &campaign->session, &campaign->cells, &samples,
                           problem) != 0)
        return fail(problem);
    const struct summary summary = summary_make(arena, &campaign->cells, &samples, SUMMARY_WALL);
    const enum exit_code code = summary_exit_code(&summary);
    if (bench->options.json) {
        json_print(json_pack("{s:s, s:I, s:s, s:I, s:i, s:o}", "command", "exec", "session",
                             (json_int_t)campaign->session.id, "database",
                             store_path(campaign->store), "seed",
                             (json_int_t)campaign->session.seed, "exit_code", (int)code, "cells",
                             table_json(&summary, SUMMARY_WALL)));
        return code;
    }
    table_print(arena, &bench->catalog, &summary, SUMMARY_WALL);
    printf("\n%s\n%s · session %lld · seed %llu\n", table_counts(arena, &summary),
           store_path(campaign->store), (long long)campaign->session.id,
           (unsigned long long)campaign->session.seed);
    return code;
}

static int begin(struct bench *bench, struct campaign *campaign, struct problem *problem)
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
    return campaign_begin(bench, campaign, "exec", NULL, problem);
}

static int exec(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    if (choose(bench, campaign, problem) != 0 || campaign_open(bench, campaign, problem) != 0 ||
        begin(bench, campaign, problem) != 0)
        return fail(problem);
    switch (campaign_run(bench, campaign, problem)) {
    case CAMPAIGN_DONE:
        return report(bench, campaign, problem);
    case CAMPAIGN_INTERRUPTED:
        fputs("interrupted: the next call starts anew\n", stderr);
        return EXIT_INTERRUPTED;
    default:
        return fail(problem);
    }
}

int command_exec(int argc, char *const *argv)
{
    struct arena arena = {0};
    struct problem problem = {0};
    struct bench bench;
    struct campaign campaign = {0};
    int code = EXIT_PASS;
    if (bench_open(&arena, argc, argv, accepted, &bench, &problem) != 0)
        code = fail(&problem);
    else if (bench.options.help)
        print_help();
    else
        code = exec(&bench, &campaign, &problem);
    campaign_close(&campaign);
    arena_free(&arena);
    return code;
}
