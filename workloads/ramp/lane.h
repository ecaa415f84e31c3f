/* lane: the blocks of one ramp thread, and the cycle that they go through.
 *
 * Owns the sizes of both growths, the order of the frees, and what is measured between them. Only
 * its own thread may use it.
 *
 * Sizes and order are the same in every cycle, so the table is as large as the first growth needs,
 * and the order is a shuffle made before the measured phase: a shuffle within it would cost as
 * much as the frees. */
#ifndef WORKLOADS_RAMP_LANE_H
#define WORKLOADS_RAMP_LANE_H

#include "workloads/frame.h"

/* The second growth's sizes are so many times the first one's. */
#define LANE_SECOND_FACTOR 3

enum stage { STAGE_GROW, STAGE_THIN, STAGE_REGROW, STAGE_FREE, STAGE_COUNT };

struct lane {
    struct frame_lane base;
    /* Filled in by the caller: */
    uint64_t peak;               /* bytes of a growth */
    uint64_t size_min, size_max; /* of the first growth */
    uint64_t keep;               /* per cent that survive the first free */
    uint64_t tag;
    /* The lane's own: */
    void **blocks;   /* count of them, NULL = empty */
    uint32_t *sizes; /* of the blocks */
    uint32_t *order; /* in which blocks are freed */
    uint64_t count, held;
    /* Results. stage_ns is of all cycles, rss as it was after each stage of the last one. */
    uint64_t held_max, stage_ns[STAGE_COUNT], rss[STAGE_COUNT];
    uint64_t cycles;
    uint64_t allocs_told; /* as progress */
} __attribute__((aligned(128)));

/* Takes the tables from the harness. */
void lane_start(struct lane *lane);

/* Cycles until the lane has made its share of the blocks: grows, frees all but a few at random,
 * grows again with other sizes, frees the rest at random. A run by time cuts the growths short when
 * time is up. */
void lane_run(void *lane);

#endif
