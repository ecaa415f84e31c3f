#define _GNU_SOURCE
#include "runner/gate/gate_proof.h"

#include "runner/base/interrupt.h"
#include "runner/base/random.h"
#include "runner/gate/gate_report.h"
#include "runner/gate/gate_run.h"
#include "runner/gate/gate_store.h"
#include "runner/store/ledger.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What a proof plants, in turn; NULL: nothing, which is the A/A cell. */
static const char *const timed_plants[] = {NULL,          "slowdown=5%",  "slowdown=8%",
                                           "slowdown=3%", "slowdown=12%", "slowdown=2%",
                                           "stall",       "canary"};
static const char *const counted_plants[] = {NULL, "instructions=1%", "faults"};
enum {
    TIMED_PLANTS = sizeof timed_plants / sizeof *timed_plants,
    COUNTED_PLANTS = sizeof counted_plants / sizeof *counted_plants,
};

/* One gate of the proof. workload NULL: what is counted. */
struct task {
    const char *plant, *workload;
    int done;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int done_so_far(const struct ledger *ledger, const struct task *task)
{
    const char *workload = task->workload != NULL ? task->workload : "counts";
    for (int i = 0; i < ledger->count; i++)
        if (is_same(ledger->at[i].plant, task->plant) &&
            strcmp(ledger->at[i].workload, workload) == 0)
            return ledger->at[i].cells;
    return 0;
}

/* The task that was done least often; of equals the one that stands first. */
static void consider(const struct gate *gate, const struct ledger *ledger, struct task task,
                     struct task *best)
{
    const char *only = gate->bench->options.plant;
    const bool none_only = only != NULL && strcmp(only, "none") == 0;
    if (only != NULL && !(none_only ? task.plant == NULL : is_same(task.plant, only)))
        return;
    task.done = done_so_far(ledger, &task);
    if (best->done < 0 || task.done < best->done)
        *best = task;
}

static int next_task(const struct gate *gate, struct task *task, struct problem *problem)
{
    const struct options *options = &gate->bench->options;
    const struct catalog *catalog = &gate->bench->catalog;
    const enum catalog_mode size = options->quick ? MODE_QUICK : MODE_DEFAULT;
    struct ledger ledger;
    if (ledger_read(gate->campaign.store, gate->bench->arena, catalog_mode_name(size), &ledger,
                    problem) != 0)
        return -1;
    *task = (struct task){.done = -1};
    for (int p = 0; p < TIMED_PLANTS && !options->deterministic; p++)
        for (int r = 0; r < catalog->row_count; r++)
            if (options->workloads.count == 0 ||
                strings_hold(&options->workloads, catalog->rows[r].name))
                consider(gate, &ledger, (struct task){timed_plants[p], catalog->rows[r].name, 0},
                         task);
    for (int p = 0; p < COUNTED_PLANTS && !options->timed; p++)
        consider(gate, &ledger, (struct task){counted_plants[p], NULL, 0}, task);
    return task->done >= 0
               ? 0
               : problem_set(problem, "nothing to prove: --plant is one of none, "
                                      "slowdown=2%%, 3, 5, 8, 12, stall, canary (timed), "
                                      "instructions=1%%, faults (counted), and --workloads are "
                                      "rows of workloads/gate.txt");
}

static int describe(const struct gate *gate, const struct task *task, struct gate *own,
                    struct problem *problem)
{
    const struct options *options = &gate->bench->options;
    own->base_ref = own->head_ref = options->base != NULL ? options->base : "HEAD";
    own->size = options->quick ? MODE_QUICK : MODE_DEFAULT;
    own->stages = task->workload != NULL ? GATE_TIMED : GATE_DETERMINISTIC;
    own->blocks_most = options->blocks > 0 ? (int)options->blocks : DECISION_BLOCKS_MAX;
    own->is_proof = true;
    own->campaign.session.seed = random_fresh_seed();
    return task->plant != NULL ? plant_parse(gate->bench->arena, task->plant, &own->plant, problem)
                               : 0;
}

/* An unfinished gate of an earlier proof first. */
static enum gate_end prove_once(const struct gate *gate, int64_t deadline_ns,
                                struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    struct gate *own = arena_alloc(arena, sizeof *own);
    struct gate_counts counts = {0};
    struct strings names = {0};
    struct task task;
    *own = (struct gate){.bench = gate->bench, .campaign = gate->campaign};
    if (gate_store_find(own, true, problem) != 0)
        return GATE_STOPPED;
    const bool resumes = own->campaign.session.id != 0;
    if (!resumes &&
        (next_task(gate, &task, problem) != 0 || describe(gate, &task, own, problem) != 0))
        return GATE_STOPPED;
    if (!resumes && task.workload != NULL)
        strings_add(arena, &names, task.workload);
    own->deadline_ns = deadline_ns;
    fprintf(stderr, "%s %s %s\n",
            resumes ? "goes on:" : "proof:", own->plant.name != NULL ? own->plant.name : "A/A",
            own->stages == GATE_DETERMINISTIC ? "counts"
            : resumes                         ? ""
                                              : task.workload);
    const enum gate_end end = gate_run(own, &names, resumes, &counts, problem);
    if (end == GATE_TROUBLE)
        fprintf(stderr, "%s\n", own->trouble);
    if (end == GATE_DONE && own->stages == GATE_DETERMINISTIC)
        fprintf(stderr, "%d counts grew\n", own->worse_counts > 0 ? own->worse_counts : 0);
    return end == GATE_TROUBLE && own->plant.kind == PLANT_CANARY ? GATE_DONE : end;
}

int gate_prove(const struct gate *gate, struct problem *problem)
{
    const struct bench *bench = gate->bench;
    const enum catalog_mode size = bench->options.quick ? MODE_QUICK : MODE_DEFAULT;
    const int64_t deadline_ns = now_ns() + (int64_t)bench->options.prove * 60 * 1000000000;
    enum gate_end end = GATE_DONE;
    while (end == GATE_DONE && now_ns() < deadline_ns && !interrupt_pending())
        end = prove_once(gate, deadline_ns, problem);
    struct ledger ledger;
    if (end == GATE_STOPPED || ledger_read(gate->campaign.store, bench->arena,
                                           catalog_mode_name(size), &ledger, problem) != 0)
        return bench_fail(bench, problem);
    if (bench->options.json)
        json_print(
            json_pack("{s:s, s:o}", "command", "gate", "ledger", gate_report_ledger_json(&ledger)));
    else
        gate_report_ledger(bench->arena, &ledger, size);
    if (interrupt_pending())
        return EXIT_INTERRUPTED;
    return end == GATE_TROUBLE ? EXIT_CRASH : EXIT_PASS;
}
