/* A perf gate between two commits: what is compared, how far it is, and what came of it. The stages
 * (gate_build, gate_measure, gate_count, gate_time) fill one struct gate and store as they go, so
 * that whatever ends them loses at most the block that was being measured.
 */
#ifndef RUNNER_GATE_H
#define RUNNER_GATE_H

#include "runner/gate/plant.h"
#include "runner/gate/worktree.h"
#include "runner/measure/campaign.h"
#include "runner/stats/decision.h"

enum {
    GATE_CELLS_MAX = 16,
    GATE_VOID_PERCENT_MAX = 25,
    GATE_ROUNDS = 8,               /* of A B B A, or of B A A B, in a block */
    GATE_PLACES = 4 * GATE_ROUNDS, /* processes of a block */
};

struct gate_cell {
    const char *workload;
    int first; /* index of side A among the campaign's cells; B is the next */
    double differences[DECISION_BLOCKS_MAX];
    int valid, voided, kept; /* blocks; kept: disturbed, but the cap on void ones was reached */
    double delta;
    struct decision decision;
    double detectable;    /* share; INFINITY: more than a doubling; 0: not known */
    double block_seconds; /* of the last block */
};

/* A shift that a person has accepted (hakbench accept), of a commit between base and head. */
struct gate_accepted {
    const char *commit, *workload, *why; /* workload "": every one */
};

enum gate_stages { GATE_ALL, GATE_TIMED, GATE_DETERMINISTIC };

struct gate {
    const struct bench *bench;
    struct campaign campaign;
    const char *base_ref, *head_ref;
    struct worktree trees[2]; /* base, head */
    struct plant plant;
    enum catalog_mode size; /* of the rows: quick or default */
    enum gate_stages stages;
    int blocks_most; /* valid blocks a cell */
    bool is_proof;
    struct gate_cell cells[GATE_CELLS_MAX];
    int cell_count;
    int next_position;     /* in the plan */
    int64_t deadline_ns;   /* CLOCK_MONOTONIC; 0: none */
    const char *trouble;   /* why exit code 4 */
    int worse_counts;      /* deterministic cells that got worse; -1: not counted */
    const char *uncounted; /* why not; NULL */
    struct gate_accepted *accepted;
    int accepted_count;
};

/* How a stage ended. */
enum gate_end {
    GATE_DONE,
    GATE_TROUBLE,     /* a crash, a corruption, a lost identity, a hang: gate->trouble */
    GATE_INTERRUPTED, /* by a person, or by the deadline: resumable */
    GATE_STOPPED,     /* the problem says why: nothing can be measured */
};

extern const char *const gate_side_names[2]; /* base, head */

/* "hakmem@HASH", of head with the plant. */
const char *gate_allocator_name(const struct gate *gate, struct arena *arena, int side);

/* Links a side anew and makes it what the cell's children must prove. Both sides have paths of one
 * length, because the length of LD_PRELOAD moves a program's stack. `calls_amount`: of a plant of
 * instructions. */
int gate_link(const struct gate *gate, struct arena *arena, int side, bool shuffles, uint64_t seed,
              double calls_amount, struct allocator *allocator, struct problem *problem);

/* What the corruption gate says of a sample; NULL: nothing. */
const char *gate_trouble(struct arena *arena, const struct cell *cell, const struct sample *sample);

/* Which acceptance covers that workload; NULL: none does. */
const struct gate_accepted *gate_find_accepted(const struct gate *gate, const char *workload);

/* 4, 1, 3 or 0: the worst there is. A slowdown that was accepted counts as proven. */
enum exit_code gate_exit_code(const struct gate *gate);

#endif
