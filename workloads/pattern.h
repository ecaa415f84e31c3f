/* pattern: block contents that can be verified (audit mode).
 *
 * Owns the formula of the pattern. The pattern depends on the block's address, its size and a tag
 * that the caller makes unique among the blocks that live at the same time. So a byte that anyone
 * else wrote is seen, and so is a block that was handed out twice, or a block that was moved.
 *
 * Every byte of the block is written and read. Thread-safe: no state. */
#ifndef WORKLOADS_PATTERN_H
#define WORKLOADS_PATTERN_H

#include <stddef.h>
#include <stdint.h>

void pattern_fill(void *block, size_t size, uint64_t tag);

/* How many of the block's 8-byte words (the last may be shorter) differ from what pattern_fill()
 * wrote with the same arguments: 0 for an intact block. */
uint64_t pattern_errors(const void *block, size_t size, uint64_t tag);

#endif
