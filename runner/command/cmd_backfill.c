#define _GNU_SOURCE
#include "runner/base/interrupt.h"
#include "runner/base/random.h"
#include "runner/command/commands.h"
#include "runner/gate/worktree.h"
#include "runner/measure/task.h"
#include "runner/process/git.h"
#include "runner/store/select.h"
#include "runner/trend/history_counts.h"
#include "runner/trend/history_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const unsigned accepted = OPTION_COMMITS | OPTION_ANCHOR | OPTION_WORKLOADS | OPTION_BLOCKS |
                                 OPTION_MODE | OPTION_PASS | OPTION_SEED | OPTION_RESULTS |
                                 OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX | OPTION_ROWS;

/* Percentiles of single calls take six blocks of their own, whatever --blocks says. */
enum {
    BLOCKS_DEFAULT = 6,
    TIMED_BLOCKS = STATS_SIGNED_RANK_MIN,
    TIMEOUT_DEFAULT = 60,
    TREES_KEPT = 24
};

/* One call of the command. */
struct backfill {
    struct bench *bench;
    struct campaign *campaign; /* opened; every commit measures in a session of its own */
    struct strings rows;
    enum catalog_mode mode;
    struct lineage lineage;
    const char *anchor; /* as stored */
    struct allocator anchor_allocator;
    double *anchor_counts; /* of each row; 0: not counted yet */
    int measured, skipped, unbuilt, troubled;
    bool has_crashed;
};

static const char help[] =
    "usage: hakbench backfill --commits A..B [options]\n"
    "\n"
    "Builds the release default of every commit that B has and A lacks (by first parents) in\n"
    "a worktree, and measures it against the anchor in blocks of ABBA or BAAB: a session a\n"
    "commit, a row of table history a workload and metric. The newest commit comes first,\n"
    "then the oldest, then middles, so that an interrupted run already shows the trend. What\n"
    "was measured before is left out: call it again to go on. Commits that do not build are\n"
    "recorded as such. `make trend` draws it.\n"
    "\n"
    "The anchor is frozen: that of the history so far; else the last release (tag v1...);\n"
    "else the oldest commit of the range that builds. --anchor starts another history.\n"
    "On the workloads of --mode (quick) in 6 blocks unless told otherwise; then p99.9 of\n"
    "malloc in six blocks of the latency pass, and instructions by callgrind, both of which\n"
    "--pass throughput leaves out.\n";

static int read_options(struct backfill *backfill, struct problem *problem)
{
    struct bench *bench = backfill->bench;
    struct options *options = &bench->options;
    backfill->mode = MODE_QUICK;
    if (options->commits == NULL)
        return problem_set(problem, "which commits? Give --commits A..B, or one commit");
    if (options->mode != NULL && !catalog_mode_from_name(options->mode, &backfill->mode))
        return problem_set(problem, "unknown mode '%s': choose from quick, default, full",
                           options->mode);
    if (options->pass != NULL && strcmp(options->pass, pass_name(PASS_THROUGHPUT)) != 0)
        return problem_set(problem, "--pass %s: throughput leaves out the latency pass",
                           options->pass);
    if (options->blocks == 0)
        options->blocks = BLOCKS_DEFAULT;
    if (options->blocks < STATS_SIGNED_RANK_MIN || options->blocks > STATS_SIGNED_RANK_MAX)
        return problem_set(problem, "--blocks %ld: give %d (fewer have no interval of 95 %%) to %d",
                           options->blocks, STATS_SIGNED_RANK_MIN, STATS_SIGNED_RANK_MAX);
    backfill->campaign->measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : TIMEOUT_DEFAULT);
    return bench_read_catalog(bench, problem) == 0 &&
                   select_rows(bench, &options->workloads, backfill->mode, &backfill->rows,
                               problem) == 0
               ? lineage_read(bench->arena, bench->root, options->commits, &backfill->lineage,
                              problem)
               : -1;
}

/* Builds a commit and makes an allocator of it; as worktree_build returns. */
static int resolve_commit(struct backfill *backfill, const char *ref, struct allocator *allocator,
                          struct problem *problem)
{
    struct bench *bench = backfill->bench;
    struct worktree tree;
    const int status =
        worktree_build(bench->arena, bench->root, ref, WORKTREE_LIBRARY, &tree, problem);
    if (status != 0)
        return status;
    return allocator_resolve(bench->arena, &bench->catalog, bench->root, tree.library, allocator,
                             problem);
}

static bool is_allocator(const struct catalog *catalog, const char *name)
{
    for (int i = 0; i < catalog->peer_count; i++)
        if (strcmp(catalog->peers[i].name, name) == 0)
            return true;
    return strchr(name, '/') != NULL && strstr(name, ".so") != NULL;
}

/* The name under which the anchor is stored; NULL: the oldest commit that builds. */
static int name_anchor(struct backfill *backfill, const char **anchor, struct problem *problem)
{
    struct bench *bench = backfill->bench;
    const char *wanted = bench->options.anchor;
    if (wanted == NULL &&
        history_anchor(backfill->campaign->store, bench->arena, &wanted, problem) != 0)
        return -1;
    if (wanted == NULL)
        wanted = lineage_last_release(bench->arena, bench->root, "HEAD");
    *anchor = wanted;
    if (wanted == NULL || is_allocator(&bench->catalog, wanted))
        return 0;
    return git_resolve(bench->arena, bench->root, wanted, anchor, problem);
}

static int find_anchor(struct backfill *backfill, struct problem *problem)
{
    struct bench *bench = backfill->bench;
    const char *anchor;
    int status = name_anchor(backfill, &anchor, problem);
    if (status != 0)
        return status;
    if (anchor != NULL && is_allocator(&bench->catalog, anchor)) {
        status = allocator_resolve(bench->arena, &bench->catalog, bench->root, anchor,
                                   &backfill->anchor_allocator, problem);
        if (status == 0 && backfill->anchor_allocator.missing != NULL)
            status = problem_set(problem, "the anchor %s is missing: %s", anchor,
                                 backfill->anchor_allocator.missing);
    } else if (anchor != NULL) {
        status = resolve_commit(backfill, anchor, &backfill->anchor_allocator, problem);
    } else {
        status = WORKTREE_BROKEN;
        for (int i = 0; i < backfill->lineage.count && status == WORKTREE_BROKEN; i++) {
            anchor = backfill->lineage.at[i].id;
            status = resolve_commit(backfill, anchor, &backfill->anchor_allocator, problem);
        }
    }
    backfill->anchor = anchor;
    return status;
}

static void tell(struct backfill *backfill, const struct history_row *row)
{
    if (row->reason != NULL) {
        backfill->troubled++;
        backfill->has_crashed |= strncmp(row->reason, "crash", 5) == 0;
        fprintf(stderr, "  %-12s %s\n", row->workload, row->reason);
        return;
    }
    fprintf(stderr, "  %-12s time %+.1f %% [%+.1f, %+.1f] of the anchor's\n", row->workload,
            100 * expm1(row->value.estimate), 100 * expm1(row->value.low),
            100 * expm1(row->value.high));
}

/* A row of the list that is counted, when both sides could be. What cannot be is no trouble: the
 * times are there. */
static int store_count(struct backfill *backfill, const struct commit *commit,
                       const struct duel *duel, int row, struct problem *problem)
{
    struct problem why = {0};
    const char *workload = duel->rows.at[row];
    int index = 0;
    while (strcmp(backfill->rows.at[index], workload) != 0)
        index++;
    double *anchor = &backfill->anchor_counts[index];
    if (*anchor == 0)
        *anchor =
            history_count(backfill->bench, backfill->campaign, &duel->sides[0], workload, &why);
    const double count = *anchor > 0 ? history_count(backfill->bench, backfill->campaign,
                                                     &duel->sides[1], workload, &why)
                                     : -1;
    if (interrupt_pending())
        return problem_set(problem, "interrupted");
    if (count <= 0)
        return 0;
    const double logarithm = log(count / *anchor);
    const struct history_row made = {.anchor = backfill->anchor,
                                     .workload = workload,
                                     .metric = HISTORY_INSTRUCTIONS,
                                     .commit = commit,
                                     .value = {logarithm, logarithm, logarithm, 1},
                                     .candidate = count,
                                     .reference = *anchor,
                                     .blocks = &logarithm,
                                     .n = 1,
                                     .session_id = duel->session.id};
    return history_put(backfill->campaign->store, &made, 1, problem);
}

static int store_results(struct backfill *backfill, const struct commit *commit,
                         const struct duel *duel, struct problem *problem)
{
    for (int row = 0; row < duel->rows.count; row++) {
        struct history_row rows[HISTORY_METRICS] = {0};
        const int count =
            history_rows_make(backfill->bench->arena, backfill->anchor, commit, duel, row, rows);
        if (history_put(backfill->campaign->store, rows, count, problem) != 0)
            return -1;
        tell(backfill, &rows[0]);
        if (rows[0].reason == NULL && duel->timed_blocks > 0 &&
            store_count(backfill, commit, duel, row, problem) != 0)
            return -1;
    }
    return 0;
}

static int put_unbuilt(struct backfill *backfill, const struct commit *commit,
                       struct problem *problem)
{
    const struct history_row row = {
        .anchor = backfill->anchor,
        .workload = "",
        .metric = HISTORY_BUILD,
        .commit = commit,
        .reason = arena_copy(backfill->bench->arena, problem->text),
    };
    backfill->unbuilt++;
    fprintf(stderr, "  %s\n", problem->text);
    return history_put(backfill->campaign->store, &row, 1, problem);
}

/* The rows of which the commit is not known yet. */
static int find_missing(struct backfill *backfill, const struct commit *commit,
                        struct strings *missing, struct problem *problem)
{
    for (int i = 0; i < backfill->rows.count; i++) {
        bool has;
        if (history_has(backfill->campaign->store, backfill->anchor, backfill->rows.at[i], commit,
                        &has, problem) != 0)
            return -1;
        if (!has)
            strings_add(backfill->bench->arena, missing, backfill->rows.at[i]);
    }
    return 0;
}

/* The anchor's tree was last made use of at the start, and is none of those to remove. */
static int prune(struct backfill *backfill, struct problem *problem)
{
    struct bench *bench = backfill->bench;
    struct worktree tree;
    if (backfill->measured % (TREES_KEPT / 2) != 0)
        return 0;
    if (!is_allocator(&bench->catalog, backfill->anchor) &&
        worktree_build(bench->arena, bench->root, backfill->anchor, WORKTREE_LIBRARY, &tree,
                       problem) != 0)
        return -1;
    return worktree_prune(bench->arena, bench->root, TREES_KEPT, problem);
}

static int measure_commit(struct backfill *backfill, const struct commit *commit, int number,
                          struct problem *problem)
{
    struct bench *bench = backfill->bench;
    struct duel duel = {.mode = "backfill",
                        .row_mode = backfill->mode,
                        .blocks = (int)bench->options.blocks,
                        .timed_blocks = bench->options.pass == NULL ? TIMED_BLOCKS : 0,
                        .sides = {backfill->anchor_allocator}};
    if (find_missing(backfill, commit, &duel.rows, problem) != 0)
        return -1;
    if (duel.rows.count == 0) {
        backfill->skipped++;
        return 0;
    }
    fprintf(stderr, "commit %d of %d: %.10s %s\n", number, backfill->lineage.count, commit->id,
            commit->subject);
    const int status = resolve_commit(backfill, commit->id, &duel.sides[1], problem);
    if (status == WORKTREE_BROKEN)
        return put_unbuilt(backfill, commit, problem);
    if (status != 0)
        return -1;
    duel.seed = bench->options.seed > 0 ? (uint64_t)bench->options.seed : random_fresh_seed();
    facts_add(bench->arena, &duel.facts, "history.commit", commit->id);
    facts_add(bench->arena, &duel.facts, "history.anchor", backfill->anchor);
    facts_add(bench->arena, &duel.facts, "plan.blocks",
              arena_printf(bench->arena, "%d", duel.blocks));
    if (duel_run(bench, backfill->campaign, &duel, problem) != CAMPAIGN_DONE ||
        store_results(backfill, commit, &duel, problem) != 0)
        return -1;
    backfill->measured++;
    return prune(backfill, problem);
}

static int report(const struct backfill *backfill)
{
    const enum exit_code code = backfill->has_crashed    ? EXIT_CRASH
                                : backfill->troubled > 0 ? EXIT_INCONCLUSIVE
                                                         : EXIT_PASS;
    const char *path = store_path(backfill->campaign->store);
    if (backfill->bench->options.json) {
        json_print(json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:s}", "command", "backfill",
                             "anchor", backfill->anchor, "commits", backfill->lineage.count,
                             "measured", backfill->measured, "known", backfill->skipped, "unbuilt",
                             backfill->unbuilt, "troubled", backfill->troubled, "exit_code",
                             (int)code, "database", path));
        return code;
    }
    printf("%d commit%s: %d measured, %d known before, %d not built\nanchor %.40s · %s\n",
           backfill->lineage.count, backfill->lineage.count == 1 ? "" : "s", backfill->measured,
           backfill->skipped, backfill->unbuilt, backfill->anchor, path);
    puts("trend: make trend, or python3 -m reports trend");
    return code;
}

static int measure(struct backfill *backfill, struct problem *problem)
{
    struct arena *arena = backfill->bench->arena;
    if (read_options(backfill, problem) != 0 ||
        campaign_open(backfill->bench, backfill->campaign, problem) != 0)
        return bench_fail(backfill->bench, problem);
    if (find_anchor(backfill, problem) != 0)
        return bench_stop(backfill->bench, problem);
    const struct lineage *lineage = &backfill->lineage;
    backfill->anchor_counts =
        arena_alloc(arena, (size_t)backfill->rows.count * sizeof *backfill->anchor_counts);
    int *order = arena_alloc(arena, (size_t)lineage->count * sizeof *order);
    lineage_bisecting_order(lineage->count, order);
    for (int i = 0; i < lineage->count; i++)
        if (measure_commit(backfill, &lineage->at[order[i]], i + 1, problem) != 0)
            return bench_stop(backfill->bench, problem);
    return report(backfill);
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    struct backfill backfill = {.bench = bench, .campaign = campaign};
    return measure(&backfill, problem);
}

int command_backfill(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .run = run};
    return task_command(&task, argc, argv);
}
