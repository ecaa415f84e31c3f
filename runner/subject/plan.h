/* The order of samples, fixed by a seed before the first one. Pure functions.
 *
 * Randomised complete blocks: every block holds every cell once, in an order of its own, so that
 * drift of the machine falls on all cells alike. A comparison's blocks are ABBA or BAAB by a fair
 * coin, so that swapping the labels flips the sign of a block's difference; one of many sides goes
 * through a random order and back (ABCCBA), so that a drift which is a straight line cancels too.
 */
#ifndef RUNNER_PLAN_H
#define RUNNER_PLAN_H

#include "runner/subject/record.h"

struct plan {
    struct place *at;
    int count;
};

/* `cells` are indices of the cells to measure. */
struct plan plan_complete_blocks(struct arena *arena, const int *cells, int count, int blocks,
                                 uint64_t seed);

/* Cells 2i and 2i+1 are sides A and B of pair i. */
struct plan plan_paired_blocks(struct arena *arena, int pairs, int blocks, uint64_t seed);

/* Cells first[g] to first[g + 1] - 1 of `cells` are the sides of group g of `groups`. A block takes
 * the groups in random order, and each group's cells in a random order and then in reverse. */
struct plan plan_mirrored_blocks(struct arena *arena, const int *cells, const int *first,
                                 int groups, int blocks, uint64_t seed);

/* The blocks of `first` and then those of `second`, positions and blocks counted on. */
struct plan plan_join(struct arena *arena, const struct plan *first, const struct plan *second);

#endif
