#include "runner/gate/gate_proof.h"

#include "runner/base/json.h"
#include "runner/base/random.h"
#include "runner/stats/power.h"
#include "runner/store/ledger.h"

#include <math.h>
#include <stdio.h>

/* A row with the A/A blocks that are stored of it. */
struct row {
    const char *name;
    struct ledger_blocks blocks;
    double delta;
    int alarms, proven;
};

static enum catalog_mode size_of(const struct gate *gate)
{
    return gate->bench->options.quick ? MODE_QUICK : MODE_DEFAULT;
}

/* Rows with `least` blocks and more. */
static int load_rows(const struct gate *gate, int least, struct row *rows, int *count,
                     struct problem *problem)
{
    const struct catalog *catalog = &gate->bench->catalog;
    const struct strings *names = &gate->bench->options.workloads;
    const char *size = catalog_mode_name(size_of(gate));
    *count = 0;
    for (int i = 0; i < catalog->row_count && *count < GATE_CELLS_MAX; i++) {
        struct row *row = &rows[*count];
        *row = (struct row){.name = catalog->rows[i].name};
        if (names->count > 0 && !strings_hold(names, row->name))
            continue;
        if (ledger_load_blocks(gate->campaign.store, gate->bench->arena, row->name, size,
                               &row->blocks, problem) != 0 ||
            ledger_delta(gate->campaign.store, gate->bench->arena, row->name, size, &row->delta,
                         problem) != 0)
            return -1;
        *count += row->blocks.count >= least;
    }
    return *count > 0 ? 0
                      : problem_set(problem,
                                    "no row has %d A/A blocks of size %s on this kind of "
                                    "machine: make gate-proof",
                                    least, size);
}

/* A stretch of blocks in the order in which they were measured, from a random one on, so that
 * whatever drifted or came in bursts is in it; and the coin of every block is thrown again, which
 * is what another seed would have done: BAAB for ABBA names the same times the other way round. */
static struct decision replay_cell(const struct row *row, struct random *random)
{
    double drawn[DECISION_BLOCKS_MAX];
    const int start = (int)random_below(random, (uint64_t)row->blocks.count);
    for (int i = 0; i < DECISION_BLOCKS_MAX; i++) {
        const double d = row->blocks.differences[(start + i) % row->blocks.count];
        drawn[i] = random_below(random, 2) == 0 ? d : -d;
    }
    return decision_make(drawn, DECISION_BLOCKS_MAX, DECISION_BLOCKS_MAX, row->delta);
}

static int replay_gates(struct row *rows, int count, int gates, uint64_t seed)
{
    struct random random = random_from_seed(seed);
    int red = 0;
    for (int g = 0; g < gates; g++) {
        bool is_red = false;
        for (int r = 0; r < count; r++) {
            const struct decision decision = replay_cell(&rows[r], &random);
            rows[r].alarms += decision.verdict == DECISION_REGRESSED;
            rows[r].proven += decision.verdict == DECISION_PROVEN;
            is_red = is_red || decision.verdict == DECISION_REGRESSED;
        }
        red += is_red;
    }
    return red;
}

int gate_replay(const struct gate *gate, struct problem *problem)
{
    const struct options *options = &gate->bench->options;
    const uint64_t seed = options->seed > 0 ? (uint64_t)options->seed : random_fresh_seed();
    const int gates = (int)options->replay;
    struct row rows[GATE_CELLS_MAX];
    int count;
    if (load_rows(gate, decision_looks[0].blocks, rows, &count, problem) != 0)
        return bench_fail(gate->bench, problem);
    const int red = replay_gates(rows, count, gates, seed);
    if (options->json) {
        json_t *array = json_array();
        for (int i = 0; i < count; i++)
            json_array_append_new(array,
                                  json_pack("{s:s, s:i, s:f, s:i, s:i}", "workload", rows[i].name,
                                            "blocks", rows[i].blocks.count, "delta", rows[i].delta,
                                            "alarms", rows[i].alarms, "proven", rows[i].proven));
        json_print(json_pack("{s:s, s:i, s:i, s:f, s:I, s:o}", "command", "gate", "gates", gates,
                             "red", red, "bound", ledger_bound(red, gates), "seed",
                             (json_int_t)seed, "cells", array));
        return EXIT_PASS;
    }
    printf("%-12s %7s %6s %12s %8s\n", "cell", "blocks", "delta", "false alarms", "proven");
    for (int i = 0; i < count; i++)
        printf("%-12s %7d %6.1f %12d %7.1f%%\n", rows[i].name, rows[i].blocks.count,
               100 * rows[i].delta, rows[i].alarms, 100.0 * rows[i].proven / gates);
    printf("%d of %d A/A gates red (%.2f %%, at most %.2f %% by 95 %%) · seed %llu\n", red, gates,
           100.0 * red / gates, 100 * ledger_bound(red, gates), (unsigned long long)seed);
    return EXIT_PASS;
}

/* The blocks that fit into a share of the time are those of a look; between two looks nothing is
 * decided. */
static int blocks_in(double seconds, double block_seconds)
{
    int blocks = 0;
    for (int i = 0; i < DECISION_LOOKS; i++)
        if (decision_looks[i].blocks * block_seconds <= seconds)
            blocks = decision_looks[i].blocks;
    return blocks;
}

int gate_plan(const struct gate *gate, struct problem *problem)
{
    enum { LEAST = 6 };
    const struct options *options = &gate->bench->options;
    struct row rows[GATE_CELLS_MAX];
    struct power *power = arena_alloc(gate->bench->arena, sizeof *power);
    int count;
    double round = 0;
    if (load_rows(gate, LEAST, rows, &count, problem) != 0)
        return bench_fail(gate->bench, problem);
    for (int i = 0; i < count; i++)
        round += rows[i].blocks.seconds;
    const double minutes = (double)options->plan;
    json_t *array = json_array();
    if (!options->json)
        printf("%g minutes over %d cells, a block of each takes %.0f s\n\n%-12s %7s %6s  %s\n",
               minutes, count, round, "cell", "blocks", "delta", "finds 9 times in 10");
    for (int i = 0; i < count; i++) {
        const int blocks = blocks_in(60 * minutes, round);
        const bool ok =
            power_simulate(rows[i].blocks.differences, rows[i].blocks.count, blocks, 1, power);
        const double found = ok ? power_detectable(power, rows[i].delta, 0.9) : INFINITY;
        json_array_append_new(array,
                              json_pack("{s:s, s:i, s:f, s:o}", "workload", rows[i].name, "blocks",
                                        blocks, "delta", rows[i].delta, "detectable",
                                        isfinite(found) ? json_real(found) : json_null()));
        if (options->json)
            continue;
        printf("%-12s %7d %6.1f  ", rows[i].name, blocks, 100 * rows[i].delta);
        if (isfinite(found))
            printf("%.1f %% slower\n", 100 * found);
        else
            puts(ok ? "nothing up to 100 %" : "nothing: too short for a look at 12 blocks");
    }
    if (options->json)
        json_print(json_pack("{s:s, s:f, s:f, s:o}", "command", "gate", "minutes", minutes,
                             "round_seconds", round, "cells", array));
    else
        json_decref(array);
    return EXIT_PASS;
}
