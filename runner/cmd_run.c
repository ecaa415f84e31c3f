#include "runner/campaign.h"
#include "runner/commands.h"
#include "runner/random.h"
#include "runner/select.h"
#include "runner/style.h"
#include "runner/table.h"
#include "runner/variants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned accepted = OPTION_MODE | OPTION_ALLOCATORS | OPTION_WORKLOADS |
                                 OPTION_REPEATS | OPTION_SEED | OPTION_RESULTS | OPTION_RESUME |
                                 OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX | OPTION_ROWS;

/* Tuned on two cores: quick ends within two minutes, default within fifteen. Six is the least that
 * gives the median an interval of 95 %. */
static const int repeats_of_mode[MODE_COUNT] = {3, 6, 10};
static const int timeout_of_mode[MODE_COUNT] = {30, 60, 120};

static void print_help(void)
{
    puts("usage: hakbench run [options]\n"
         "\n"
         "Measures the matrix: the variants of hakmem that the mode takes and all peers, on every\n"
         "workload, each sample a fresh process, in randomised complete blocks. Every sample is\n"
         "stored at once; Ctrl-C loses nothing, --resume goes on.\n");
    options_print(accepted);
}

static int fail(const struct problem *problem)
{
    fprintf(stderr, "hakbench run: %s\n", problem->text);
    return EXIT_USAGE;
}

/* What --resume leaves out is as it was. */
static void recall_options(struct bench *bench, const struct facts *stored)
{
    struct options *options = &bench->options;
    const char **const texts[] = {&options->mode, &options->matrix, &options->rows};
    static const char *const keys[] = {"plan.mode", "plan.matrix", "plan.rows"};
    for (int i = 0; i < 3; i++)
        if (*texts[i] == NULL && facts_get(stored, keys[i]) != NULL &&
            strcmp(facts_get(stored, keys[i]), "standard") != 0)
            *texts[i] = facts_get(stored, keys[i]);
    const char *repeats = facts_get(stored, "plan.repeats");
    if (options->repeats == 0 && repeats != NULL)
        text_to_long(repeats, 1, 1000000, &options->repeats);
    const char *workloads = facts_get(stored, "plan.workloads");
    if (options->workloads.count == 0 && workloads != NULL)
        strings_split(bench->arena, &options->workloads, workloads, " ");
}

/* Names of allocators: as given, as stored, or what the mode takes and all peers. */
static struct strings choose_names(const struct bench *bench, enum catalog_mode mode,
                                   const struct facts *stored)
{
    struct strings names = {0};
    const char *recalled = facts_get(stored, "plan.allocators");
    if (bench->options.allocators != NULL) {
        allocators_split(bench->arena, bench->options.allocators, &names);
    } else if (recalled != NULL) {
        strings_split(bench->arena, &names, recalled, " ");
    } else {
        variants_of_mode(bench->arena, &bench->catalog, mode, &names);
        allocators_add_peers(bench->arena, &bench->catalog, &names);
    }
    return names;
}

/* The same file from whatever folder --resume is called. */
static const char *file_fact(struct arena *arena, const char *path)
{
    if (path == NULL)
        return "standard";
    char *real = realpath(path, NULL);
    const char *fact = arena_copy(arena, real != NULL ? real : path);
    free(real);
    return fact;
}

/* From options to cells, and the facts that say what was asked for. */
static int choose(struct bench *bench, const struct facts *stored, struct campaign *campaign,
                  enum catalog_mode *mode, struct problem *problem)
{
    struct options *options = &bench->options;
    struct arena *arena = bench->arena;
    *mode = MODE_DEFAULT;
    if (options->mode != NULL && !catalog_mode_from_name(options->mode, mode))
        return problem_set(problem, "unknown mode '%s': choose from quick, default, full",
                           options->mode);
    if (options->positional.count > 0 || options->has_rest)
        return problem_set(problem, "takes no arguments but options: see --help");
    if (bench_read_catalog(bench, problem) != 0)
        return -1;
    struct strings rows = {0};
    struct allocators allocators;
    const struct strings names = choose_names(bench, *mode, stored);
    if (select_rows(bench, &options->workloads, *mode, &rows, problem) != 0 ||
        allocators_resolve(arena, &bench->catalog, bench->root, &names, &allocators, problem) !=
            0 ||
        select_cells(bench, &allocators, &rows, *mode, &campaign->cells, problem) != 0)
        return -1;
    if (options->repeats == 0)
        options->repeats = repeats_of_mode[*mode];
    campaign->measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : timeout_of_mode[*mode]);
    struct strings canonical = {0};
    for (int i = 0; i < allocators.count; i++)
        strings_add(arena, &canonical, allocators.at[i].name);
    struct facts *facts = &campaign->facts;
    facts_add(arena, facts, "plan.mode", catalog_mode_name(*mode));
    facts_add(arena, facts, "plan.allocators", strings_join(arena, &canonical, " "));
    facts_add(arena, facts, "plan.workloads", strings_join(arena, &rows, " "));
    facts_add(arena, facts, "plan.repeats", arena_printf(arena, "%ld", options->repeats));
    facts_add(arena, facts, "plan.matrix", file_fact(arena, options->matrix));
    facts_add(arena, facts, "plan.rows", file_fact(arena, options->rows));
    facts_add(arena, facts, "timeout_s", arena_printf(arena, "%g", campaign->measure.timeout_s));
    return campaign_check_cells(&campaign->cells, problem);
}

static int begin_anew(struct bench *bench, struct campaign *campaign, enum catalog_mode mode,
                      struct problem *problem)
{
    struct session unfinished;
    if (store_find_unfinished(campaign->store, bench->arena, "run", &unfinished, problem) != 0)
        return -1;
    if (unfinished.id != 0)
        fprintf(stderr,
                "note: session %lld was not finished; this is a new one (--resume would go "
                "on with the old one)\n",
                (long long)unfinished.id);
    int *measured = arena_alloc(bench->arena, (size_t)campaign->cells.count * sizeof *measured);
    int count = 0;
    for (int i = 0; i < campaign->cells.count; i++)
        if (campaign->cells.at[i].allocator.missing == NULL)
            measured[count++] = i;
    campaign->session.seed =
        bench->options.seed > 0 ? (uint64_t)bench->options.seed : random_fresh_seed();
    campaign->plan = plan_complete_blocks(bench->arena, measured, count,
                                          (int)bench->options.repeats, campaign->session.seed);
    return campaign_begin(bench, campaign, "run", catalog_mode_name(mode), problem);
}

/* The stored session must be the same work on the same builds and machine. */
static int go_on(struct bench *bench, struct campaign *campaign, const struct facts *stored,
                 struct problem *problem)
{
    const long long id = (long long)campaign->session.id;
    const char *key = facts_find_difference(stored, &campaign->facts);
    if (key != NULL) {
        const char *was = facts_get(stored, key), *is = facts_get(&campaign->facts, key);
        return problem_set(problem,
                           "session %lld cannot go on: %s was %s and is %s: put it back, "
                           "or run without --resume",
                           id, key, was != NULL ? was : "not set", is != NULL ? is : "not set");
    }
    if (bench->options.seed > 0 && (uint64_t)bench->options.seed != campaign->session.seed)
        return problem_set(problem,
                           "session %lld has seed %llu: leave --seed out, or run without "
                           "--resume",
                           id, (unsigned long long)campaign->session.seed);
    if (store_match_cells(campaign->store, &campaign->session, &campaign->cells, problem) != 0 ||
        store_load_remaining(campaign->store, bench->arena, &campaign->session, &campaign->cells,
                             &campaign->plan, problem) != 0)
        return -1;
    struct samples samples;
    if (store_load_samples(campaign->store, bench->arena, &campaign->session, &campaign->cells,
                           &samples, problem) != 0)
        return -1;
    campaign->total = samples.count + campaign->plan.count;
    fprintf(stderr, "session %lld goes on: %d of %d samples are there\n", id, samples.count,
            campaign->total);
    return 0;
}

static int report(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct samples samples;
    if (store_load_samples(campaign->store, arena, &campaign->session, &campaign->cells, &samples,
                           problem) != 0)
        return fail(problem);
    const struct summary summary = summary_make(arena, &campaign->cells, &samples, SUMMARY_RATE);
    const enum exit_code code = summary_exit_code(&summary);
    if (bench->options.json) {
        json_print(json_pack("{s:s, s:I, s:s, s:s?, s:I, s:i, s:o}", "command", "run", "session",
                             (json_int_t)campaign->session.id, "database",
                             store_path(campaign->store), "mode", campaign->session.mode, "seed",
                             (json_int_t)campaign->session.seed, "exit_code", (int)code, "cells",
                             table_json(&summary, SUMMARY_RATE)));
        return code;
    }
    table_print(arena, &bench->catalog, &summary, SUMMARY_RATE);
    printf("\n%s\n%s · session %lld · mode %s · seed %llu\n", table_counts(arena, &summary),
           store_path(campaign->store), (long long)campaign->session.id, campaign->session.mode,
           (unsigned long long)campaign->session.seed);
    return code;
}

static int measure(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    switch (campaign_run(bench, campaign, problem)) {
    case CAMPAIGN_DONE:
        return report(bench, campaign, problem);
    case CAMPAIGN_INTERRUPTED:
        fprintf(stderr, "interrupted: hakbench run --resume --results %s goes on\n",
                bench_results_folder(bench));
        return EXIT_INTERRUPTED;
    default:
        fail(problem);
        fprintf(stderr, "then hakbench run --resume --results %s goes on\n",
                bench_results_folder(bench));
        return EXIT_USAGE;
    }
}

static int run(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    enum catalog_mode mode;
    struct facts stored = {0};
    if (bench->options.resume) {
        if (campaign_open(bench, campaign, problem) != 0 ||
            store_find_unfinished(campaign->store, bench->arena, "run", &campaign->session,
                                  problem) != 0)
            return fail(problem);
        if (campaign->session.id == 0) {
            problem_set(problem, "no unfinished run in %s: run without --resume",
                        store_path(campaign->store));
            return fail(problem);
        }
        if (store_load_facts(campaign->store, bench->arena, campaign->session.id, &stored,
                             problem) != 0)
            return fail(problem);
        recall_options(bench, &stored);
    }
    if (choose(bench, &stored, campaign, &mode, problem) != 0)
        return fail(problem);
    if (!bench->options.resume && campaign_open(bench, campaign, problem) != 0)
        return fail(problem);
    campaign_add_facts(bench, campaign);
    const int status = bench->options.resume ? go_on(bench, campaign, &stored, problem)
                                             : begin_anew(bench, campaign, mode, problem);
    return status == 0 ? measure(bench, campaign, problem) : fail(problem);
}

int command_run(int argc, char *const *argv)
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
        code = run(&bench, &campaign, &problem);
    campaign_close(&campaign);
    arena_free(&arena);
    return code;
}
