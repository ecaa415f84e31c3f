#include "runner/base/random.h"
#include "runner/command/commands.h"
#include "runner/gate/gate_proof.h"
#include "runner/gate/gate_report.h"
#include "runner/gate/gate_run.h"
#include "runner/gate/gate_store.h"
#include "runner/measure/task.h"

#include <stdio.h>
#include <string.h>

static const unsigned accepted = OPTION_GATE | OPTION_WORKLOADS | OPTION_BLOCKS | OPTION_SEED |
                                 OPTION_RESULTS | OPTION_RESUME | OPTION_TIMEOUT | OPTION_WAIT |
                                 OPTION_ROWS;

enum { TIMEOUT_DEFAULT = 60, BLOCKS_QUICK = 12 };

static const char help[] =
    "usage: hakbench gate --base REF [--head REF] [options]\n"
    "       hakbench gate --base REF --resume | --prove MINUTES | --replay N | --plan MINUTES\n"
    "\n"
    "Judges head against base: builds both, and asks in this order whether anything crashes\n"
    "or is corrupted (exit code 4), whether counts that do not depend on the machine grew\n"
    "(instructions, soft faults, system calls, bytes mapped), and whether head is slower, in\n"
    "blocks of ABBA or BAAB by a fair coin, looked at after 12, 24 and 48. `--base HEAD` is\n"
    "an A/A gate. docs/BENCHMARKING.md tells how to read a verdict.\n"
    "KIND: slowdown=5%, faults, stall, canary, instructions=1%.\n";

static int check(const struct bench *bench, struct problem *problem)
{
    const struct options *options = &bench->options;
    const int others = (options->prove > 0) + (options->replay > 0) + (options->plan > 0);
    if (others + options->resume > 1)
        return problem_set(problem, "--prove, --replay, --plan and --resume exclude each other");
    if (others + options->resume == 0 && options->base == NULL)
        return problem_set(problem, "compare with what? Give --base REF (HEAD for an A/A gate)");
    if (options->deterministic && options->timed)
        return problem_set(problem, "--deterministic and --timed exclude each other");
    if (options->blocks > DECISION_BLOCKS_MAX)
        return problem_set(problem, "--blocks %ld: the last look is at %d", options->blocks,
                           DECISION_BLOCKS_MAX);
    return 0;
}

static int describe(struct bench *bench, struct gate *gate, struct problem *problem)
{
    const struct options *options = &bench->options;
    gate->base_ref = options->base;
    gate->head_ref = options->head != NULL ? options->head : "HEAD";
    gate->size = options->quick ? MODE_QUICK : MODE_DEFAULT;
    gate->stages = options->deterministic ? GATE_DETERMINISTIC
                   : options->timed       ? GATE_TIMED
                                          : GATE_ALL;
    gate->blocks_most = options->blocks > 0 ? (int)options->blocks
                        : options->quick    ? BLOCKS_QUICK
                                            : DECISION_BLOCKS_MAX;
    gate->campaign.session.seed = options->seed > 0 ? (uint64_t)options->seed : random_fresh_seed();
    if (options->plant != NULL &&
        plant_parse(bench->arena, options->plant, &gate->plant, problem) != 0)
        return -1;
    if (gate->plant.kind == PLANT_INSTRUCTIONS && gate->stages != GATE_DETERMINISTIC)
        return problem_set(problem,
                           "--plant %s is for --deterministic: its amount is counted, not "
                           "timed",
                           gate->plant.name);
    return 0;
}

static int find_unfinished(struct gate *gate, struct problem *problem)
{
    if (gate_store_find(gate, false, problem) != 0)
        return -1;
    return gate->campaign.session.id != 0
               ? 0
               : problem_set(problem, "no gate is unfinished: start one with --base REF");
}

static void warn_of_changes(const struct gate *gate)
{
    if (gate->campaign.session.dirty == 1 && strcmp(gate->head_ref, "HEAD") == 0)
        fputs("hakbench gate: what is not committed was not measured: head is the commit\n",
              stderr);
}

static int judge(struct bench *bench, struct gate *gate, struct problem *problem)
{
    struct gate_counts counts = {0};
    struct ledger ledger;
    const bool resumes = bench->options.resume;
    if ((resumes ? find_unfinished(gate, problem) : describe(bench, gate, problem)) != 0)
        return bench_fail(bench, problem);
    const enum gate_end end = gate_run(gate, &bench->options.workloads, resumes, &counts, problem);
    warn_of_changes(gate);
    if (end == GATE_INTERRUPTED) {
        if (gate->campaign.session.id != 0)
            fputs("interrupted: `hakbench gate --resume` goes on\n", stderr);
        return EXIT_INTERRUPTED;
    }
    if (end == GATE_STOPPED || ledger_read(gate->campaign.store, bench->arena,
                                           catalog_mode_name(gate->size), &ledger, problem) != 0)
        return bench_fail(bench, problem);
    const enum exit_code code = gate_exit_code(gate);
    gate_report(gate, &counts, &ledger, code);
    return code;
}

static int measure(struct bench *bench, struct gate *gate, struct problem *problem)
{
    struct options *options = &bench->options;
    if (check(bench, problem) != 0)
        return bench_fail(bench, problem);
    if (options->rows == NULL)
        options->rows = arena_printf(bench->arena, "%s/workloads/gate.txt", bench->root);
    /* What only reads may do so while something is being measured. */
    const bool only_reads = options->replay > 0 || options->plan > 0;
    if (bench_read_catalog(bench, problem) != 0 ||
        (only_reads ? store_open(bench->arena, bench_results_folder(bench), bench_schema(bench),
                                 &gate->campaign.store, problem)
                    : campaign_open(bench, &gate->campaign, problem)) != 0)
        return bench_fail(bench, problem);
    gate->bench = bench;
    gate->campaign.measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : TIMEOUT_DEFAULT);
    if (options->prove > 0)
        return gate_prove(gate, problem);
    if (options->replay > 0)
        return gate_replay(gate, problem);
    if (options->plan > 0)
        return gate_plan(gate, problem);
    return judge(bench, gate, problem);
}

/* The gate's campaign is its own, because it measures in more than one session. */
static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    struct gate *gate = arena_alloc(bench->arena, sizeof *gate);
    (void)campaign;
    (void)design;
    const int code = measure(bench, gate, problem);
    campaign_close(&gate->campaign);
    return code;
}

int command_gate(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .run = run};
    return task_command(&task, argc, argv);
}
