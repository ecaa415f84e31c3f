/* The gate's tables. Functions return 0, or -1 with the problem; each is its own transaction. */
#ifndef RUNNER_GATE_STORE_H
#define RUNNER_GATE_STORE_H

#include "runner/gate/gate.h"
#include "runner/measure/counts.h"
#include "runner/process/covariates.h"

/* What is known of a block. */
struct gate_block {
    int number;
    bool starts_with_b; /* BAAB */
    uint64_t layout_seed;
    double difference;
    struct covariates covariates;
    const char *disturbance; /* by covariates; NULL: none */
    bool is_void;
};

/* Which side, 0 or 1, the block has at a place from 0 on. */
int gate_store_side(const struct gate_block *block, int place);

int gate_store_begin(const struct gate *gate, struct problem *problem);
int gate_store_end(const struct gate *gate, enum exit_code code, struct problem *problem);
int gate_store_cell(const struct gate *gate, const struct gate_cell *cell, struct problem *problem);

/* Also adds `count` places of the plan from gate->next_position on. */
int gate_store_places(const struct gate *gate, int block, const int *cells, int count,
                      struct problem *problem);
int gate_store_block_begin(const struct gate *gate, const struct gate_cell *cell,
                           const struct gate_block *block, struct problem *problem);
int gate_store_block_end(const struct gate *gate, const struct gate_cell *cell,
                         const struct gate_block *block, struct problem *problem);

/* The largest spread of a count that A/A gates on this kind of machine have seen; 0: none. */
int gate_store_known_spread(const struct gate *gate, const char *workload, const char *metric,
                            double *spread, struct problem *problem);
int gate_store_count(const struct gate *gate, const char *workload, enum count_metric metric,
                     const struct counts sides[2], const struct count_result *result,
                     struct problem *problem);

/* The newest gate that did not end, into session, commits, refs, plant, size, stages, blocks;
 * session.id 0: none. `is_proof`: among those of --prove, or among the others. */
int gate_store_find(struct gate *gate, bool is_proof, struct problem *problem);

/* The rows that a gate has. */
int gate_store_names(const struct gate *gate, struct strings *names, struct problem *problem);

/* Blocks that were begun and did not end are void; then the cells' differences and counts, and the
 * next position. */
int gate_store_resume(struct gate *gate, struct problem *problem);

#endif
