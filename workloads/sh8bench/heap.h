/* heap: the block slots of one sh8bench worker.
 *
 * Owns the table of sizes, the order in which slots are filled, and what is freed when they are
 * full. Only its own thread may use it. */
#ifndef WORKLOADS_SH8BENCH_HEAP_H
#define WORKLOADS_SH8BENCH_HEAP_H

#include "workloads/frame.h"

/* Below this many slots a fifth would be no window. */
#define HEAP_SLOTS_MIN 5

struct heap {
    struct frame_lane base; /* allocs, frees, audit_errors, checksum: of the slots' blocks */
    void **slots;           /* slot_count pointers, NULL = empty */
    uint8_t *kinds;         /* row of the size table, for full slots */
    uint64_t slot_count;
    uint64_t tag;  /* makes this heap's audit patterns different from those of the others */
    unsigned kind; /* the row of the next iteration */
    /* Slots are filled from `next` up to slot_count, but for the window, which is full:
     * window_start <= slot < window_end. Before the first wrap the window is empty. */
    uint64_t next, window_start, window_end;
    uint64_t wraps;
    /* held = allocated and not yet freed; the maxima are taken where they occur, before a wrap. */
    uint64_t held_blocks, held_bytes, held_blocks_max, held_bytes_max;
};

/* Bytes that the harness has to provide for slots and kinds, both zeroed. */
static inline uint64_t heap_slots_bytes(uint64_t slot_count)
{
    return slot_count * sizeof(void *);
}

static inline uint64_t heap_kinds_bytes(uint64_t slot_count)
{
    return slot_count * sizeof(uint8_t);
}

/* Sets up a zeroed heap whose slots, kinds, slot_count and tag the caller has filled in.
 * The start in the table comes from the seed, so that threads do not march in step. */
void heap_start(struct heap *heap, uint64_t seed);

/* Allocates the blocks of the table's next row. */
void heap_iterate(struct heap *heap);

/* Frees every block, and checks that as many were freed as were allocated. */
void heap_finish(struct heap *heap);

#endif
