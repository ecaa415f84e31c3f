/* block: making, resizing and freeing one block of a workload, touched or audited.
 *
 * Owns what a workload does to a block beside asking for it: without audit its first and last byte
 * are written, so that the block is really used; with audit all of it is filled with a pattern,
 * which is verified before the block is resized or freed. The caller keeps size and tag.
 *
 * A malloc that returns NULL ends the process. Thread-safe for different blocks: no state. */
#ifndef WORKLOADS_BLOCK_H
#define WORKLOADS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "workloads/pattern.h"
#include "workloads/probe.h"
#include "workloads/rng.h"

/* What makes a block a used one. */
static inline __attribute__((always_inline)) void block_use(unsigned char *block, size_t size,
                                                            uint64_t tag, bool audit)
{
    if (audit) {
        pattern_fill(block, size, tag);
    } else {
        block[0] = (unsigned char)tag;
        block[size - 1] = (unsigned char)size;
    }
}

/* Inlined, so that a constant audit leaves no trace of itself in a measured loop. size > 0; the
 * tag has to be unique among the blocks that live at the same time. */
static inline __attribute__((always_inline)) void *block_make(size_t size, uint64_t tag, bool audit)
{
    unsigned char *block = malloc(size);
    if (__builtin_expect(!block, 0)) {
        probe_out_of_memory(size);
    }
    block_use(block, size, tag, audit);
    return block;
}

/* Frees a block of block_make() or block_resize(). Returns its errors, 0 without audit. */
static inline __attribute__((always_inline)) uint64_t block_drop(void *block, size_t size,
                                                                 uint64_t tag, bool audit)
{
    uint64_t errors = audit ? pattern_errors(block, size, tag) : 0;
    free(block);
    return errors;
}

/* A number that tells whether contents changed on their way from one place to another, which the
 * pattern, being different at every address, cannot tell. */
uint64_t block_hash(const void *contents, size_t size);

/* realloc. With audit it verifies the block before, and that the contents moved with it; their
 * errors are added to *errors. Afterwards the block is as block_make() leaves it. */
void *block_resize(void *block, size_t size, size_t new_size, uint64_t tag, bool audit,
                   uint64_t *errors);

/* A size from min to max: each doubling that begins between the two is as likely as another, for
 * real sizes are many small and few large. Needs 0 < min <= max < 2^32. */
static inline uint64_t block_draw_size(struct rng *rng, uint64_t min, uint64_t max)
{
    uint64_t bits = rng_next(rng);
    unsigned doublings = 64 - (unsigned)__builtin_clzll(max / min);
    uint64_t low = min << rng_scale((uint32_t)bits, doublings);
    uint64_t high = 2 * low - 1 < max ? 2 * low - 1 : max;
    return low + rng_scale((uint32_t)(bits >> 32), high - low + 1);
}

#endif
