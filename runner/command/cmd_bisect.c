#include "runner/base/interrupt.h"
#include "runner/base/random.h"
#include "runner/command/commands.h"
#include "runner/gate/gate_run.h"
#include "runner/measure/task.h"
#include "runner/process/git.h"
#include "runner/stats/bisect.h"
#include "runner/subject/lineage.h"

#include <stdio.h>
#include <string.h>

static const unsigned accepted = OPTION_GOOD | OPTION_BAD | OPTION_WORKLOAD | OPTION_BLOCKS |
                                 OPTION_MODE | OPTION_SEED | OPTION_RESULTS | OPTION_TIMEOUT |
                                 OPTION_WAIT | OPTION_ROWS;

enum { TIMEOUT_DEFAULT = 60 };

/* One call of the command. Index 0 of the commits is the good one. */
struct search {
    struct bench *bench;
    struct campaign *campaign; /* opened; every gate measures in a session of its own */
    const char *workload;
    enum catalog_mode size;
    struct commit *commits;
    struct bisect bisect;
    int trials, recalled;
    struct interval shift; /* of the first bad commit against the good one, in logarithms */
};

static const char help[] =
    "usage: hakbench bisect --good REF --bad REF --workload W [options]\n"
    "\n"
    "Finds the commit that made a workload slower: tries commits between the two, each by a\n"
    "gate against the good one (blocks of ABBA or BAAB, looked at after 12, 24 and 48).\n"
    "REGRESSED is bad and PROVEN is good; what is INCONCLUSIVE is left and its neighbours are\n"
    "tried; what does not build is skipped. Verdicts are stored: the same command goes on,\n"
    "and what was inconclusive is tried again.\n"
    "\n"
    "Exit codes: 0 the commit is named; 3 several are left, which are named; 2 the bad commit\n"
    "is not slower than the good one, or cannot be measured.\n";

static int read_options(struct search *search, struct problem *problem)
{
    struct bench *bench = search->bench;
    struct options *options = &bench->options;
    search->size = MODE_DEFAULT;
    if (options->good == NULL || options->bad == NULL)
        return problem_set(problem, "between which commits? Give --good REF and --bad REF");
    if (options->workloads.count != 1)
        return problem_set(problem, "on which workload? Give one with --workload");
    if (options->mode != NULL &&
        (!catalog_mode_from_name(options->mode, &search->size) || search->size == MODE_FULL))
        return problem_set(problem, "--mode %s: choose from quick, default", options->mode);
    if (options->blocks == 0)
        options->blocks = DECISION_BLOCKS_MAX;
    if (options->blocks < decision_looks[0].blocks || options->blocks > DECISION_BLOCKS_MAX)
        return problem_set(problem, "--blocks %ld: the looks are at %d, %d and %d", options->blocks,
                           decision_looks[0].blocks, decision_looks[1].blocks,
                           decision_looks[2].blocks);
    if (options->rows == NULL)
        options->rows = arena_printf(bench->arena, "%s/workloads/gate.txt", bench->root);
    if (bench_read_catalog(bench, problem) != 0)
        return -1;
    search->workload = options->workloads.at[0];
    if (catalog_find_row(&bench->catalog, search->workload) == NULL)
        return problem_set(problem, "unknown workload '%s': choose from the rows of %s",
                           search->workload, options->rows);
    search->campaign->measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : TIMEOUT_DEFAULT);
    return 0;
}

static int read_commits(struct search *search, struct problem *problem)
{
    struct bench *bench = search->bench;
    struct arena *arena = bench->arena;
    struct lineage good, later;
    const char *output;
    const char *refs[] = {bench->options.good, bench->options.bad};
    const char *ids[2];
    for (int i = 0; i < 2; i++)
        if (git_resolve(arena, bench->root, refs[i], &ids[i], problem) != 0)
            return -1;
    const char *const words[] = {"merge-base", "--is-ancestor", ids[0], ids[1], NULL};
    if (strcmp(ids[0], ids[1]) == 0 || git_run(arena, bench->root, words, &output, problem) != 0)
        return problem_set(problem, "--good %s must be an ancestor of --bad %s", refs[0], refs[1]);
    if (lineage_read(arena, bench->root, ids[0], &good, problem) != 0 ||
        lineage_read(arena, bench->root, arena_printf(arena, "%s..%s", ids[0], ids[1]), &later,
                     problem) != 0)
        return -1;
    search->bisect.count = later.count + 1;
    const size_t count = (size_t)search->bisect.count;
    search->commits = arena_alloc(arena, count * sizeof *search->commits);
    search->bisect.states = arena_alloc(arena, count * sizeof *search->bisect.states);
    search->commits[0] = good.at[0];
    memcpy(search->commits + 1, later.at, (count - 1) * sizeof *later.at);
    return 0;
}

/* The verdict of an earlier gate of the same two commits in the same size; open: there is none. */
static int recall(struct search *search, int index, struct decision *decision,
                  struct problem *problem)
{
    const struct database *database = &search->campaign->store->database;
    *decision = (struct decision){.verdict = DECISION_OPEN};
    sqlite3_stmt *statement = database_prepare(
        database,
        "SELECT verdict = 'regressed', estimate, low, high FROM gate JOIN gate_cell"
        " USING (session_id) WHERE base = ? AND head = ? AND workload = ? AND size = ?"
        " AND plant IS NULL AND trouble IS NULL AND verdict IN ('regressed', 'proven')"
        " ORDER BY session_id DESC LIMIT 1",
        problem);
    if (statement == NULL)
        return -1;
    int at = 1;
    database_bind_text(statement, &at, search->commits[0].id);
    database_bind_text(statement, &at, search->commits[index].id);
    database_bind_text(statement, &at, search->workload);
    database_bind_text(statement, &at, catalog_mode_name(search->size));
    const int step = database_step(database, statement, problem);
    if (step == 1) {
        decision->verdict =
            sqlite3_column_int(statement, 0) != 0 ? DECISION_REGRESSED : DECISION_PROVEN;
        decision->shift = (struct interval){.estimate = sqlite3_column_double(statement, 1),
                                            .low = sqlite3_column_double(statement, 2),
                                            .high = sqlite3_column_double(statement, 3)};
        search->recalled++;
    }
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

/* A gate of that commit against the good one. WORKTREE_BROKEN: it does not build. Of a commit that
 * crashes nothing is known of its speed: inconclusive. */
static int run_gate(struct search *search, int index, struct decision *decision,
                    struct problem *problem)
{
    struct bench *bench = search->bench;
    struct worktree tree;
    const int status = worktree_build(bench->arena, bench->root, search->commits[index].id,
                                      WORKTREE_LIBRARY, &tree, problem);
    if (status != 0)
        return status;
    struct gate *gate = arena_alloc(bench->arena, sizeof *gate);
    struct gate_counts counts = {0};
    gate->bench = bench;
    gate->campaign = *search->campaign;
    gate->base_ref = search->commits[0].id;
    gate->head_ref = search->commits[index].id;
    gate->size = search->size;
    gate->stages = GATE_TIMED;
    gate->blocks_most = (int)bench->options.blocks;
    gate->campaign.session.seed =
        bench->options.seed > 0 ? (uint64_t)bench->options.seed : random_fresh_seed();
    search->trials++;
    const enum gate_end end = gate_run(gate, &bench->options.workloads, false, &counts, problem);
    if (end == GATE_TROUBLE)
        fprintf(stderr, "  %s\n", gate->trouble);
    if (end == GATE_INTERRUPTED || end == GATE_STOPPED)
        return -1;
    *decision = gate->cells[0].decision;
    if (end == GATE_TROUBLE)
        decision->verdict = DECISION_INCONCLUSIVE;
    return 0;
}

/* Sets the state of that commit. */
static int try_commit(struct search *search, int index, struct problem *problem)
{
    struct decision decision;
    const struct commit *commit = &search->commits[index];
    int good, bad;
    bisect_ends(&search->bisect, &good, &bad);
    fprintf(stderr, "%d commits are left: trying %.10s %s\n", bad - good, commit->id,
            commit->subject);
    int status = recall(search, index, &decision, problem);
    if (status == 0 && decision.verdict == DECISION_OPEN)
        status = run_gate(search, index, &decision, problem);
    enum bisect_state *state = &search->bisect.states[index];
    if (status == WORKTREE_BROKEN) {
        fprintf(stderr, "  skipped: %s\n", problem->text);
        *state = BISECT_SKIPPED;
        return 0;
    }
    if (status != 0)
        return status;
    *state = decision.verdict == DECISION_REGRESSED ? BISECT_BAD
             : decision.verdict == DECISION_PROVEN  ? BISECT_GOOD
                                                    : BISECT_UNSURE;
    if (*state == BISECT_BAD)
        search->shift = decision.shift;
    static const char *const words[] = {"", "good", "bad", "", "inconclusive"};
    fprintf(stderr, "  %s: %+.1f %% in time\n", words[*state],
            100 * decision_share(decision.shift.estimate));
    return 0;
}

/* The candidates, the last first bad one included. */
static json_t *list_left(const struct search *search)
{
    int good, bad;
    json_t *array = json_array();
    bisect_ends(&search->bisect, &good, &bad);
    for (int i = good + 1; i <= bad; i++)
        json_array_append_new(array, json_pack("{s:s, s:s}", "commit", search->commits[i].id,
                                               "subject", search->commits[i].subject));
    return array;
}

static int report(const struct search *search)
{
    int good, bad;
    bisect_ends(&search->bisect, &good, &bad);
    const bool is_slower = search->bisect.states[search->bisect.count - 1] == BISECT_BAD;
    const bool is_found = is_slower && bisect_is_found(&search->bisect);
    const enum exit_code code = is_found ? EXIT_PASS : EXIT_INCONCLUSIVE;
    if (search->bench->options.json) {
        json_print(json_pack(
            "{s:s, s:s, s:s?, s:o, s:f, s:f, s:f, s:i, s:i, s:i}", "command", "bisect", "workload",
            search->workload, "guilty", is_found ? search->commits[bad].id : NULL, "left",
            list_left(search), "slowdown", decision_share(search->shift.estimate), "low",
            decision_share(search->shift.low), "high", decision_share(search->shift.high), "gates",
            search->trials, "recalled", search->recalled, "exit_code", (int)code));
        return code;
    }
    if (is_found)
        printf("guilty: %.12s %s\n", search->commits[bad].id, search->commits[bad].subject);
    else if (!is_slower)
        puts("inconclusive: it is not shown that the bad commit is slower; if it is, one of these "
             "is "
             "guilty");
    else
        printf("inconclusive: the guilty commit is one of these %d, which could not be told "
               "apart\n",
               bad - good);
    for (int i = good + 1; i <= bad && !is_found; i++)
        printf("  %.12s %s%s\n", search->commits[i].id, search->commits[i].subject,
               search->bisect.states[i] == BISECT_SKIPPED  ? " (does not build)"
               : search->bisect.states[i] == BISECT_UNSURE ? " (inconclusive)"
                                                           : "");
    if (is_slower)
        printf("%s: %.12s takes %+.1f %% [%+.1f, %+.1f] beside %.12s\n", search->workload,
               search->commits[bad].id, 100 * decision_share(search->shift.estimate),
               100 * decision_share(search->shift.low), 100 * decision_share(search->shift.high),
               search->commits[0].id);
    return code;
}

/* Whether there is anything to find. */
static int check_bad(struct search *search, struct problem *problem)
{
    const int last = search->bisect.count - 1;
    const enum bisect_state *state = &search->bisect.states[last];
    if (try_commit(search, last, problem) != 0)
        return -1;
    if (*state == BISECT_SKIPPED)
        return -1; /* The problem says why. */
    if (*state == BISECT_GOOD)
        return problem_set(problem,
                           "%s is not slower than %s on %s: there is nothing to find between "
                           "them",
                           search->bench->options.bad, search->bench->options.good,
                           search->workload);
    return 0;
}

static int find(struct search *search, struct problem *problem)
{
    if (read_options(search, problem) != 0 || read_commits(search, problem) != 0 ||
        campaign_open(search->bench, search->campaign, problem) != 0)
        return bench_fail(search->bench, problem);
    if (check_bad(search, problem) != 0)
        return bench_stop(search->bench, problem);
    for (int next; search->bisect.states[search->bisect.count - 1] == BISECT_BAD &&
                   (next = bisect_next(&search->bisect)) >= 0;)
        if (try_commit(search, next, problem) != 0)
            return bench_stop(search->bench, problem);
    return report(search);
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    struct search search = {.bench = bench, .campaign = campaign};
    return find(&search, problem);
}

int command_bisect(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .run = run};
    return task_command(&task, argc, argv);
}
