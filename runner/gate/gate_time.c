#define _GNU_SOURCE
#include "runner/gate/gate_time.h"

#include "runner/base/interrupt.h"
#include "runner/base/random.h"
#include "runner/gate/gate_measure.h"
#include "runner/gate/gate_store.h"
#include "runner/gate/gate_tell.h"
#include "runner/stats/power.h"

#include <math.h>
#include <string.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The coin and the layouts of a block come from the session's seed, its cell and its number alone,
 * so that a resumed gate goes on as it would have. */
static struct random random_of_block(const struct gate *gate, const struct gate_cell *cell,
                                     int number)
{
    struct random random = random_from_seed(gate->campaign.session.seed);
    for (const char *c = cell->workload; *c != '\0'; c++)
        random.state = random_next(&random) ^ (uint64_t)*c;
    random.state = random_next(&random) ^ (uint64_t)number;
    return random;
}

/* Sums of one block. */
struct sums {
    double log_time[2];
    int64_t own_ns, switches;
};

static enum gate_end measure_rounds(struct gate *gate, struct arena *arena,
                                    const struct gate_cell *cell, const struct gate_block *block,
                                    const struct allocator sides[2], struct sums *sums,
                                    struct problem *problem)
{
    for (int i = 0; i < GATE_PLACES; i++) {
        const int side = gate_store_side(block, i);
        struct sample sample;
        const enum gate_end end =
            gate_sample(gate, arena, cell->first + side, &sides[side], &sample, problem);
        if (end != GATE_DONE)
            return end;
        sums->log_time[side] += log((double)sample.elapsed_ns / (double)sample.ops);
        sums->own_ns += sample.user_ns + sample.system_ns;
        sums->switches += sample.nivcsw;
    }
    return GATE_DONE;
}

/* Decided by the covariates alone. When a quarter of a cell's blocks is void, the machine is what
 * it is: from there on disturbed blocks count, which costs power but no honesty, because the signs
 * of their differences are still fair. */
static void judge_disturbance(struct gate_cell *cell, struct gate_block *block, struct arena *arena,
                              bool is_pinned)
{
    block->disturbance = covariates_void(arena, &block->covariates, is_pinned);
    const int measured = cell->valid + cell->voided + 1;
    block->is_void = block->disturbance != NULL &&
                     100 * (cell->voided + 1) <= GATE_VOID_PERCENT_MAX * (measured + 3);
}

static enum gate_end measure_block(struct gate *gate, struct gate_cell *cell, struct arena *arena,
                                   struct problem *problem)
{
    struct gate_block block = {.number = cell->valid + cell->voided};
    struct random random = random_of_block(gate, cell, block.number);
    block.starts_with_b = random_below(&random, 2) == 1;
    block.layout_seed = random_next(&random) >> 1;
    struct allocator sides[2];
    for (int side = 0; side < 2; side++)
        if (gate_link(gate, arena, side, true, block.layout_seed + (uint64_t)side, 0, &sides[side],
                      problem) != 0)
            return interrupt_pending() ? GATE_INTERRUPTED : GATE_STOPPED;
    if (gate_store_block_begin(gate, cell, &block, problem) != 0)
        return GATE_STOPPED;
    const bool is_pinned = gate->campaign.cells.at[cell->first].threads == 1;
    const struct host_cores *cores = &gate->campaign.cores;
    const struct covariates_start start = covariates_begin(is_pinned ? &cores->one : &cores->many);
    struct sums sums = {0};
    const enum gate_end end = measure_rounds(gate, arena, cell, &block, sides, &sums, problem);
    if (end != GATE_DONE)
        return end;
    block.covariates = covariates_end(&start, sums.own_ns, sums.switches);
    judge_disturbance(cell, &block, arena, is_pinned);
    block.difference = (sums.log_time[1] - sums.log_time[0]) / (GATE_PLACES / 2.0);
    if (gate_store_block_end(gate, cell, &block, problem) != 0)
        return GATE_STOPPED;
    cell->block_seconds = (double)block.covariates.wall_ns / 1e9;
    cell->voided += block.is_void;
    cell->kept += !block.is_void && block.disturbance != NULL;
    if (!block.is_void)
        cell->differences[cell->valid++] = block.difference;
    return GATE_DONE;
}

/* Also what the cell could have seen, from its own blocks. */
static int decide(struct gate *gate, struct gate_cell *cell, struct problem *problem)
{
    const int look = cell->decision.look;
    cell->decision = decision_make(cell->differences, cell->valid, gate->blocks_most, cell->delta);
    const bool is_decided = cell->decision.verdict != DECISION_OPEN;
    if (!is_decided && cell->decision.look == look)
        return 0;
    if (is_decided) {
        struct arena arena = {0};
        struct power *power = arena_alloc(&arena, sizeof *power);
        if (power_simulate(cell->differences, cell->valid, gate->blocks_most,
                           gate->campaign.session.seed, power))
            cell->detectable = power_detectable(power, cell->delta, 0.9);
        arena_free(&arena);
    }
    gate_tell_look(gate, cell);
    return gate_store_cell(gate, cell, problem);
}

enum gate_end gate_time(struct gate *gate, struct problem *problem)
{
    for (int i = 0; i < gate->cell_count; i++)
        if (decide(gate, &gate->cells[i], problem) != 0)
            return GATE_STOPPED;
    for (bool is_open = true; is_open;) {
        is_open = false;
        for (int i = 0; i < gate->cell_count; i++) {
            struct gate_cell *cell = &gate->cells[i];
            if (cell->decision.verdict != DECISION_OPEN)
                continue;
            is_open = true;
            if (interrupt_pending() || (gate->deadline_ns > 0 && now_ns() > gate->deadline_ns))
                return GATE_INTERRUPTED;
            struct arena scratch = {0};
            gate_tell_block(gate, cell);
            const enum gate_end end = measure_block(gate, cell, &scratch, problem);
            arena_free(&scratch);
            if (end != GATE_DONE)
                return end;
            if (decide(gate, cell, problem) != 0)
                return GATE_STOPPED;
        }
    }
    return GATE_DONE;
}
