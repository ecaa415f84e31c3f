#include "runner/job/grid.h"

#include "runner/base/random.h"
#include "runner/measure/task.h"
#include "runner/store/select.h"
#include "runner/subject/passes.h"
#include "runner/table/latency_table.h"
#include "runner/table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call of a command. */
struct grid {
    const struct grid_design *design;
    struct bench *bench;
    struct campaign *campaign;
    enum catalog_mode mode;
    struct facts stored; /* of the session to go on with, else empty */
};

static const char *repeats_key(const struct grid *grid)
{
    return grid->design->is_mirrored ? "plan.blocks" : "plan.repeats";
}

/* Samples of a cell, or blocks that hold two of each. */
static long *repeats_option(struct grid *grid)
{
    struct options *options = &grid->bench->options;
    return grid->design->is_mirrored ? &options->blocks : &options->repeats;
}

/* What --resume leaves out is as it was. */
static void recall_options(struct grid *grid)
{
    struct options *options = &grid->bench->options;
    const struct facts *stored = &grid->stored;
    const char **const texts[] = {&options->mode, &options->matrix, &options->rows,
                                  &options->seconds, &options->pass};
    static const char *const keys[] = {"plan.mode", "plan.matrix", "plan.rows", "plan.seconds",
                                       "plan.pass"};
    for (int i = 0; i < 5; i++)
        if (*texts[i] == NULL && facts_get(stored, keys[i]) != NULL &&
            strcmp(facts_get(stored, keys[i]), "standard") != 0)
            *texts[i] = facts_get(stored, keys[i]);
    const char *repeats = facts_get(stored, repeats_key(grid));
    if (*repeats_option(grid) == 0 && repeats != NULL)
        text_to_long(repeats, 1, 1000000, repeats_option(grid));
    const char *workloads = facts_get(stored, "plan.workloads");
    if (options->workloads.count == 0 && workloads != NULL)
        strings_split(grid->bench->arena, &options->workloads, workloads, " ");
}

/* Names of allocators: as given, as stored, or those of the design. */
static struct strings choose_names(const struct grid *grid)
{
    struct arena *arena = grid->bench->arena;
    struct strings names = {0}, result = {0};
    const char *recalled = facts_get(&grid->stored, "plan.allocators");
    if (grid->bench->options.allocators != NULL)
        allocators_split(arena, grid->bench->options.allocators, &names);
    else if (recalled != NULL)
        strings_split(arena, &names, recalled, " ");
    else
        grid->design->add_names(arena, &grid->bench->catalog, grid->mode, &names);
    if (grid->design->is_mirrored &&
        (names.count == 0 || strncmp(names.at[0], "hakmem", strlen("hakmem")) != 0))
        strings_add(arena, &result, "hakmem");
    for (int i = 0; i < names.count; i++)
        strings_add(arena, &result, names.at[i]);
    return result;
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

/* Mode and lists, and the facts that say so. */
static int read_lists(struct grid *grid, struct problem *problem)
{
    struct bench *bench = grid->bench;
    struct facts *facts = &grid->campaign->facts;
    struct options *options = &bench->options;
    grid->mode = MODE_DEFAULT;
    if (options->mode != NULL && !catalog_mode_from_name(options->mode, &grid->mode))
        return problem_set(problem, "unknown mode '%s': choose from quick, default, full",
                           options->mode);
    if (options->positional.count > 0 || options->has_rest)
        return problem_set(problem, "takes no arguments but options: see --help");
    facts_add(bench->arena, facts, "plan.mode", catalog_mode_name(grid->mode));
    facts_add(bench->arena, facts, "plan.matrix", file_fact(bench->arena, options->matrix));
    facts_add(bench->arena, facts, "plan.rows", file_fact(bench->arena, options->rows));
    if (options->rows == NULL && grid->design->rows != NULL)
        options->rows = arena_printf(bench->arena, "%s/%s", bench->root, grid->design->rows);
    return bench_read_catalog(bench, problem);
}

/* What is measured can be: a table beside hakmem is nothing without hakmem. */
static int check_cells(const struct grid *grid, struct problem *problem)
{
    const struct allocator *first = &grid->campaign->cells.at[0].allocator;
    if (grid->design->is_mirrored && first->missing != NULL)
        return problem_set(problem, "%s is missing: %s", first->name, first->missing);
    return campaign_check_cells(&grid->campaign->cells, problem);
}

/* The same rows in other lengths, as the design asks for. */
static int change_arguments(struct grid *grid, struct problem *problem)
{
    struct arena *arena = grid->bench->arena;
    const struct cells *cells = &grid->campaign->cells;
    struct options *options = &grid->bench->options;
    struct strings own = {0};
    if (grid->design->add_arguments == NULL)
        return 0;
    if (grid->design->add_arguments(arena, options, &own, problem) != 0)
        return -1;
    for (int i = 0; i < cells->count; i++)
        cells->at[i].arguments = select_override(arena, &cells->at[i].arguments, &own);
    if (options->seconds != NULL)
        facts_add(arena, &grid->campaign->facts, "plan.seconds", options->seconds);
    return 0;
}

/* Samples of a cell in a pass; 0 when that is not to be measured. */
static int repeats_of(struct grid *grid, enum pass pass)
{
    const char *only = grid->bench->options.pass;
    const int repeats = (int)*repeats_option(grid);
    const int timed = grid->design->latency_repeats[grid->mode];
    if (only != NULL && strcmp(only, pass_name(pass)) != 0)
        return 0;
    return pass == PASS_THROUGHPUT ? repeats : timed < repeats ? timed : repeats;
}

/* The cells of both passes, those of the throughput pass first. */
static int choose_cells(struct grid *grid, const struct allocators *allocators,
                        const struct strings *rows, struct problem *problem)
{
    struct bench *bench = grid->bench;
    struct cells *cells = &grid->campaign->cells;
    const char *only = bench->options.pass;
    if (only != NULL && strcmp(only, pass_name(PASS_THROUGHPUT)) != 0 &&
        strcmp(only, pass_name(PASS_LATENCY)) != 0)
        return problem_set(problem, "unknown pass '%s': choose from throughput, latency", only);
    if (repeats_of(grid, PASS_THROUGHPUT) > 0 &&
        select_cells(bench, allocators, rows, grid->mode, cells, problem) != 0)
        return -1;
    const bool is_standard = bench->options.allocators == NULL;
    const struct allocators timed = passes_choose_timed(
        bench->arena, allocators, facts_get(&grid->stored, "plan.timed"), is_standard);
    if (grid->design->latency_repeats[grid->mode] > 0)
        facts_add(bench->arena, &grid->campaign->facts, "plan.timed",
                  passes_names(bench->arena, &timed));
    return repeats_of(grid, PASS_LATENCY) > 0
               ? select_add_latency(bench, &timed, rows, grid->mode, cells, problem)
               : 0;
}

/* From options to cells, and the facts that say what was asked for. */
static int choose(struct grid *grid, struct problem *problem)
{
    struct bench *bench = grid->bench;
    struct campaign *campaign = grid->campaign;
    struct options *options = &bench->options;
    struct arena *arena = bench->arena;
    if (read_lists(grid, problem) != 0)
        return -1;
    long *repeats = repeats_option(grid);
    if (*repeats == 0)
        *repeats = grid->design->repeats[grid->mode];
    struct strings rows = {0};
    struct allocators allocators;
    const struct strings names = choose_names(grid);
    if (select_rows(bench, &options->workloads, grid->mode, &rows, problem) != 0 ||
        allocators_resolve(arena, &bench->catalog, bench->root, &names, &allocators, problem) !=
            0 ||
        choose_cells(grid, &allocators, &rows, problem) != 0 ||
        change_arguments(grid, problem) != 0)
        return -1;
    const long timeout_s =
        options->timeout_s > 0 ? options->timeout_s : grid->design->timeout_s[grid->mode];
    campaign->measure.timeout_s = (double)timeout_s;
    struct strings canonical = {0};
    for (int i = 0; i < allocators.count; i++)
        strings_add(arena, &canonical, allocators.at[i].name);
    struct facts *facts = &campaign->facts;
    facts_add(arena, facts, "plan.allocators", strings_join(arena, &canonical, " "));
    facts_add(arena, facts, "plan.workloads", strings_join(arena, &rows, " "));
    facts_add(arena, facts, repeats_key(grid), arena_printf(arena, "%ld", *repeats));
    if (grid->design->latency_repeats[grid->mode] > 0)
        facts_add(arena, facts, "plan.pass", options->pass != NULL ? options->pass : "standard");
    if (options->no_kpi)
        facts_add(arena, facts, "plan.no_kpi", "all");
    for (int i = 0; i < campaign->cells.count; i++)
        campaign->cells.at[i].no_pages = options->no_kpi;
    facts_add(arena, facts, "timeout_s", arena_printf(arena, "%ld", timeout_s));
    return check_cells(grid, problem);
}

static int find_unfinished(struct grid *grid, struct session *session, struct problem *problem)
{
    return store_find_unfinished(grid->campaign->store, grid->bench->arena, grid->design->kind,
                                 grid->design->mode, session, problem);
}

static int begin_anew(struct grid *grid, struct problem *problem)
{
    struct campaign *campaign = grid->campaign;
    const long asked = grid->bench->options.seed;
    struct session unfinished;
    if (find_unfinished(grid, &unfinished, problem) != 0)
        return -1;
    if (unfinished.id != 0)
        fprintf(stderr,
                "note: session %lld was not finished; this is a new one (--resume would go "
                "on with the old one)\n",
                (long long)unfinished.id);
    campaign->session.seed = asked > 0 ? (uint64_t)asked : random_fresh_seed();
    const struct passes passes = {
        .repeats = {repeats_of(grid, PASS_THROUGHPUT), repeats_of(grid, PASS_LATENCY)},
        .is_mirrored = grid->design->is_mirrored};
    campaign->plan =
        passes_plan(grid->bench->arena, &campaign->cells, &passes, campaign->session.seed);
    return campaign_begin(
        grid->bench, campaign, grid->design->kind,
        grid->design->mode != NULL ? grid->design->mode : catalog_mode_name(grid->mode), problem);
}

/* The stored session must be the same work on the same builds and machine. */
static int go_on(struct grid *grid, struct problem *problem)
{
    struct bench *bench = grid->bench;
    struct campaign *campaign = grid->campaign;
    const long long id = (long long)campaign->session.id;
    const char *key = facts_find_difference(&grid->stored, &campaign->facts);
    if (key != NULL) {
        const char *was = facts_get(&grid->stored, key), *is = facts_get(&campaign->facts, key);
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

static int report(struct grid *grid, struct problem *problem)
{
    struct arena *arena = grid->bench->arena;
    const struct campaign *campaign = grid->campaign;
    const struct session *session = &campaign->session;
    struct samples samples;
    if (store_load_samples(campaign->store, arena, session, &campaign->cells, &samples, problem) !=
        0)
        return bench_fail(grid->bench, problem);
    struct latency_results latencies;
    if (store_load_latencies(campaign->store, arena, session, &campaign->cells, &latencies,
                             problem) != 0)
        return bench_fail(grid->bench, problem);
    const struct summary summary = summary_make(arena, &campaign->cells, &samples, SUMMARY_RATE);
    const enum exit_code code = summary_exit_code(&summary);
    if (grid->bench->options.json) {
        json_print(json_pack("{s:s, s:I, s:s, s:s?, s:I, s:i, s:o, s:o, s:o}", "command",
                             grid->bench->name, "session", (json_int_t)session->id, "database",
                             store_path(campaign->store), "mode", session->mode, "seed",
                             (json_int_t)session->seed, "exit_code", (int)code, "cells",
                             table_json(&summary, SUMMARY_RATE), "latency",
                             latency_table_json(arena, &campaign->cells, &latencies), "noise",
                             noise_json(&campaign->noise, &campaign->readings)));
        return code;
    }
    if (grid->design->print != NULL)
        grid->design->print(arena, &summary);
    else if (summary.count > 0)
        table_print(arena, &grid->bench->catalog, &summary, SUMMARY_RATE);
    latency_table_print(arena, &campaign->cells, &latencies);
    printf("\n%s\n", table_counts(arena, &summary));
    noise_print(&campaign->noise, &campaign->readings, stdout);
    printf("%s · session %lld · mode %s · seed %llu\n", store_path(campaign->store),
           (long long)session->id, session->mode, (unsigned long long)session->seed);
    if (grid->design->hint != NULL)
        puts(grid->design->hint);
    return code;
}

/* Everything that the mode takes was measured, nothing was chosen by name. A session that was
 * resumed knows no more how it was called, but what it was to measure. */
static bool is_whole(const struct grid *grid)
{
    const struct options *options = &grid->bench->options;
    struct arena *arena = grid->bench->arena;
    const struct catalog *catalog = &grid->bench->catalog;
    const struct facts *facts = &grid->campaign->facts;
    const struct strings no_names = {0};
    struct strings names = {0}, rows = {0};
    struct problem ignored = {0};
    if (options->pass != NULL ||
        (!options->resume && (options->allocators != NULL || options->workloads.count > 0)))
        return false;
    grid->design->add_names(arena, catalog, grid->mode, &names);
    return select_rows(grid->bench, &no_names, grid->mode, &rows, &ignored) == 0 &&
           strcmp(facts_get(facts, "plan.allocators"), strings_join(arena, &names, " ")) == 0 &&
           strcmp(facts_get(facts, "plan.workloads"), strings_join(arena, &rows, " ")) == 0;
}

static int measure(struct grid *grid, struct problem *problem)
{
    int code = EXIT_PASS, reported;
    const char *command = grid->bench->name, *folder = bench_results_folder(grid->bench);
    switch (campaign_run(grid->bench, grid->campaign, problem)) {
    case CAMPAIGN_DONE:
        if (grid->design->add_stage != NULL && is_whole(grid))
            code = grid->design->add_stage(grid->bench, grid->campaign, grid->mode);
        reported = report(grid, problem);
        return reported > code ? reported : code;
    case CAMPAIGN_INTERRUPTED:
        fprintf(stderr, "interrupted: hakbench %s --resume --results %s goes on\n", command,
                folder);
        return EXIT_INTERRUPTED;
    default:
        bench_fail(grid->bench, problem);
        fprintf(stderr, "then hakbench %s --resume --results %s goes on\n", command, folder);
        return EXIT_USAGE;
    }
}

/* Opens the unfinished session and recalls what it was asked for. */
static int recall(struct grid *grid, struct problem *problem)
{
    struct campaign *campaign = grid->campaign;
    if (campaign_open(grid->bench, campaign, problem) != 0 ||
        find_unfinished(grid, &campaign->session, problem) != 0)
        return -1;
    if (campaign->session.id == 0)
        return problem_set(problem, "no unfinished %s in %s: run without --resume",
                           grid->bench->name, store_path(campaign->store));
    if (store_load_facts(campaign->store, grid->bench->arena, campaign->session.id, &grid->stored,
                         problem) != 0)
        return -1;
    recall_options(grid);
    return 0;
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    struct grid grid = {.design = design, .bench = bench, .campaign = campaign};
    const bool resumes = bench->options.resume;
    if ((resumes && recall(&grid, problem) != 0) || choose(&grid, problem) != 0 ||
        (!resumes && campaign_open(bench, campaign, problem) != 0))
        return -1;
    campaign_add_facts(bench, campaign);
    if ((resumes ? go_on(&grid, problem) : begin_anew(&grid, problem)) != 0)
        return -1;
    return measure(&grid, problem);
}

int grid_command(const struct grid_design *design, int argc, char *const *argv)
{
    const struct task task = {.help = design->help,
                              .options = design->options,
                              .takes_words = true, /* choose() says that there are none */
                              .design = design,
                              .run = run};
    return task_command(&task, argc, argv);
}
