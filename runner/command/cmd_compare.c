#include "runner/base/random.h"
#include "runner/base/style.h"
#include "runner/command/commands.h"
#include "runner/measure/task.h"
#include "runner/store/pairs.h"
#include "runner/store/select.h"
#include "runner/table/table.h"

#include <stdio.h>
#include <string.h>

static const unsigned accepted = OPTION_WORKLOAD | OPTION_BLOCKS | OPTION_SEED | OPTION_RESULTS |
                                 OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX | OPTION_ROWS |
                                 OPTION_NO_KPI;

enum { BLOCKS_DEFAULT = 12, TIMEOUT_DEFAULT = 60 };

static const char help[] =
    "usage: hakbench compare A B --workload W [options] [-- arguments for the workload]\n"
    "\n"
    "Measures two allocators in blocks of ABBA or BAAB, by a fair coin for each, and prints\n"
    "`ratio R [LO, HI] n=N` last: B's time / A's time with its 95 % interval, so that a ratio\n"
    "above 1 means that A is faster. With several workloads, a line each. 12 blocks, or as "
    "many\n"
    "as --blocks says, from 6. With --no-kpi side B runs without the page of counters, so "
    "that\n"
    "A against A shows what the page costs.\n";

/* The arguments of the matrix's default mode, or of the first mode that the row has. */
static struct strings row_arguments(struct arena *arena, const struct catalog_row *row,
                                    const struct strings *extra)
{
    enum catalog_mode mode = MODE_DEFAULT;
    for (int m = 0; m < MODE_COUNT && !row->has_mode[mode]; m++)
        mode = (enum catalog_mode)m;
    return select_override(arena, &row->arguments[mode], extra);
}

static int add_pair(struct bench *bench, const struct allocators *sides, const char *workload,
                    struct campaign *campaign, struct problem *problem)
{
    static const char *const names[] = {"A", "B"};
    const struct catalog_row *row = catalog_find_row(&bench->catalog, workload);
    const struct strings arguments = row_arguments(bench->arena, row, &bench->options.rest);
    const char *program;
    if (select_program(bench, row, &program, problem) != 0)
        return -1;
    for (int side = 0; side < 2; side++)
        campaign->cells.at[campaign->cells.count++] = (struct cell){
            /* A against itself is one allocator: an A/A comparison shows the noise. */
            .allocator = sides->at[side < sides->count ? side : 0],
            .workload = row->name,
            .side = names[side],
            .program = program,
            .arguments = arguments,
            .threads = select_threads(&arguments),
            .no_pages = side == 1 && bench->options.no_kpi,
        };
    return 0;
}

static int check_rows(struct bench *bench, struct strings *rows, struct problem *problem)
{
    const struct strings *names = &bench->options.workloads;
    struct strings all = {0};
    for (int i = 0; i < bench->catalog.row_count; i++)
        strings_add(bench->arena, &all, bench->catalog.rows[i].name);
    if (names->count == 0)
        return problem_set(problem, "on which workload? Give --workload with one of %s",
                           strings_join(bench->arena, &all, ", "));
    for (int i = 0; i < names->count; i++) {
        if (!strings_hold(&all, names->at[i]))
            return problem_set(problem, "unknown workload '%s': choose from %s", names->at[i],
                               strings_join(bench->arena, &all, ", "));
        if (!strings_hold(rows, names->at[i]))
            strings_add(bench->arena, rows, names->at[i]);
    }
    return 0;
}

static int choose(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    struct options *options = &bench->options;
    struct strings rows = {0};
    struct allocators sides;
    if (options->positional.count != 2)
        return problem_set(problem, "give two allocators: hakbench compare A B --workload W");
    if (options->blocks == 0)
        options->blocks = BLOCKS_DEFAULT;
    if (options->blocks < STATS_SIGNED_RANK_MIN || options->blocks > STATS_SIGNED_RANK_MAX)
        return problem_set(problem, "--blocks %ld: give %d (fewer prove nothing at 95 %%) to %d",
                           options->blocks, STATS_SIGNED_RANK_MIN, STATS_SIGNED_RANK_MAX);
    if (bench_read_catalog(bench, problem) != 0 || check_rows(bench, &rows, problem) != 0 ||
        allocators_resolve(bench->arena, &bench->catalog, bench->root, &options->positional, &sides,
                           problem) != 0)
        return -1;
    for (int i = 0; i < sides.count; i++)
        if (sides.at[i].missing != NULL)
            return problem_set(problem, "%s is missing: %s", sides.at[i].name, sides.at[i].missing);
    campaign->cells.at = arena_alloc(bench->arena, 2 * (size_t)rows.count * sizeof(struct cell));
    for (int i = 0; i < rows.count; i++)
        if (add_pair(bench, &sides, rows.at[i], campaign, problem) != 0)
            return -1;
    campaign->measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : TIMEOUT_DEFAULT);
    campaign->stops_at_trouble = true;
    facts_add(bench->arena, &campaign->facts, "plan.blocks",
              arena_printf(bench->arena, "%ld", options->blocks));
    if (options->no_kpi)
        facts_add(bench->arena, &campaign->facts, "plan.no_kpi", "B");
    facts_add(bench->arena, &campaign->facts, "timeout_s",
              arena_printf(bench->arena, "%g", campaign->measure.timeout_s));
    return 0;
}

static const struct line *find_line(const struct summary *summary, const struct cell *cell)
{
    for (int i = 0; i < summary->count; i++)
        if (summary->lines[i].cell == cell)
            return &summary->lines[i];
    return NULL;
}

static void print_pair(const struct campaign *campaign, const struct summary *summary, int a,
                       const struct pairs_result *result, int width)
{
    const bool colour = style_is_wanted(stdout);
    const struct interval *ratio = &result->ratio;
    printf("\n%s%s%s\n", style_on(colour, STYLE_BOLD), campaign->cells.at[a].workload,
           style_off(colour));
    printf("%s  %-*s   ns per op   peak MiB   soft faults%s\n", style_on(colour, STYLE_DIM),
           width + 3, "", style_off(colour));
    for (int side = 0; side < 2; side++) {
        const struct cell *cell = &campaign->cells.at[a + side];
        const struct line *line = find_line(summary, cell);
        printf("  %s  %-*s  %10.3f %10.1f %13.0f\n", cell->side, width, cell->allocator.name,
               line->ns_per_op, line->peak_rss / (1024 * 1024), line->faults);
    }
    const char *verdict = ratio->low > 1    ? "A is faster"
                          : ratio->high < 1 ? "B is faster"
                                            : "no difference shown";
    const double estimate = ratio->estimate >= 1 ? ratio->estimate - 1 : 1 / ratio->estimate - 1;
    printf("  %s%s%s%s\n", style_on(colour, STYLE_ACCENT), verdict,
           ratio->low > 1 || ratio->high < 1 ? "" : " by these blocks", style_off(colour));
    if (ratio->low > 1 || ratio->high < 1)
        printf("  by %.1f %% in speed (95 %% interval %.1f to %.1f %%)\n", 100 * estimate,
               100 * ((ratio->low > 1 ? ratio->low : 1 / ratio->high) - 1),
               100 * ((ratio->low > 1 ? ratio->high : 1 / ratio->low) - 1));
}

static json_t *pair_json(const struct campaign *campaign, const struct summary *summary, int a,
                         const struct pairs_result *result)
{
    json_t *object =
        json_pack("{s:s, s:i, s:f, s:f, s:f, s:f}", "workload", campaign->cells.at[a].workload, "n",
                  result->blocks, "ratio", result->ratio.estimate, "low", result->ratio.low, "high",
                  result->ratio.high, "coverage", result->ratio.coverage);
    for (int side = 0; side < 2; side++) {
        const struct cell *cell = &campaign->cells.at[a + side];
        const struct line *line = find_line(summary, cell);
        json_object_set_new(object, cell->side,
                            json_pack("{s:s, s:f, s:f, s:f}", "allocator", cell->allocator.name,
                                      "ns_per_op", line->ns_per_op, "peak_rss_bytes",
                                      line->peak_rss, "soft_faults", line->faults));
    }
    return object;
}

static int report(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct samples samples;
    if (store_load_samples(campaign->store, arena, &campaign->session, &campaign->cells, &samples,
                           problem) != 0)
        return bench_fail(bench, problem);
    const struct summary summary = summary_make(arena, &campaign->cells, &samples, SUMMARY_RATE);
    const int pairs = campaign->cells.count / 2, blocks = (int)bench->options.blocks;
    struct pairs_result *results = arena_alloc(arena, (size_t)pairs * sizeof *results);
    double *differences = arena_alloc(arena, (size_t)blocks * sizeof *differences);
    for (int i = 0; i < pairs; i++)
        if (!pairs_differences(arena, &campaign->plan, &samples, 2 * i, blocks, differences) ||
            !pairs_compare(differences, blocks, &results[i])) {
            problem_set(problem, "session %lld lacks samples: run it again",
                        (long long)campaign->session.id);
            return bench_fail(bench, problem);
        }
    const enum exit_code code = summary_exit_code(&summary);
    if (bench->options.json) {
        json_t *array = json_array();
        for (int i = 0; i < pairs; i++)
            json_array_append_new(array, pair_json(campaign, &summary, 2 * i, &results[i]));
        json_print(json_pack(
            "{s:s, s:I, s:s, s:I, s:i, s:o, s:o}", "command", "compare", "session",
            (json_int_t)campaign->session.id, "database", store_path(campaign->store), "seed",
            (json_int_t)campaign->session.seed, "exit_code", (int)code, "workloads", array, "noise",
            noise_json(&campaign->noise, &campaign->readings)));
        return code;
    }
    int width = 0;
    for (int side = 0; side < 2; side++)
        if (style_width(campaign->cells.at[side].allocator.name) > width)
            width = style_width(campaign->cells.at[side].allocator.name);
    for (int i = 0; i < pairs; i++)
        print_pair(campaign, &summary, 2 * i, &results[i], width);
    putchar('\n');
    noise_print(&campaign->noise, &campaign->readings, stdout);
    printf("%s · session %lld · seed %llu\n", store_path(campaign->store),
           (long long)campaign->session.id, (unsigned long long)campaign->session.seed);
    if (summary.corruptions > 0)
        printf("the allocators found %lld corruptions\n", (long long)summary.corruptions);
    for (int i = 0; i < pairs; i++) {
        if (pairs > 1)
            printf("%s: ", campaign->cells.at[2 * i].workload);
        printf("ratio %.4f [%.4f, %.4f] n=%d\n", results[i].ratio.estimate, results[i].ratio.low,
               results[i].ratio.high, results[i].blocks);
    }
    return code;
}

static int measure(struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    const struct sample *troubled = &campaign->troubled;
    switch (campaign_run(bench, campaign, problem)) {
    case CAMPAIGN_DONE:
        return report(bench, campaign, problem);
    case CAMPAIGN_INTERRUPTED:
        fputs("interrupted: a comparison starts anew next time\n", stderr);
        return EXIT_INTERRUPTED;
    case CAMPAIGN_TROUBLED: {
        const struct cell *cell = &campaign->cells.at[troubled->cell];
        fprintf(stderr, "hakbench compare: no ratio: side %s (%s) on %s: %s: %s\n", cell->side,
                cell->allocator.name, cell->workload, sample_status_name(troubled->status),
                troubled->reason);
        const bool is_wrong =
            troubled->status == SAMPLE_CRASH || troubled->corruptions > 0 ||
            (troubled->status == SAMPLE_FAILED && troubled->exit_code == EXIT_CRASH);
        return is_wrong ? EXIT_CRASH : EXIT_INCONCLUSIVE;
    }
    default:
        return bench_fail(bench, problem);
    }
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    if (choose(bench, campaign, problem) != 0 || campaign_open(bench, campaign, problem) != 0)
        return bench_fail(bench, problem);
    campaign_add_facts(bench, campaign);
    campaign->session.seed =
        bench->options.seed > 0 ? (uint64_t)bench->options.seed : random_fresh_seed();
    campaign->plan = plan_paired_blocks(bench->arena, campaign->cells.count / 2,
                                        (int)bench->options.blocks, campaign->session.seed);
    if (campaign_begin(bench, campaign, "compare", NULL, problem) != 0)
        return bench_fail(bench, problem);
    return measure(bench, campaign, problem);
}

int command_compare(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .takes_words = true, .run = run};
    return task_command(&task, argc, argv);
}
