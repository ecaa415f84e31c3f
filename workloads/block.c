#include "workloads/block.h"

#include <string.h>

uint64_t block_hash(const void *contents, size_t size)
{
    const unsigned char *at = contents;
    uint64_t hash = size;
    while (size > 0) {
        uint64_t word = 0;
        size_t length = size < sizeof word ? size : sizeof word;
        memcpy(&word, at, length);
        hash = rng_mix(hash ^ word) + RNG_STEP;
        at += length;
        size -= length;
    }
    return hash;
}

void *block_resize(void *block, size_t size, size_t new_size, uint64_t tag, bool audit,
                   uint64_t *errors)
{
    size_t kept = size < new_size ? size : new_size;
    uint64_t hash = 0;
    if (audit) {
        *errors += pattern_errors(block, size, tag);
        hash = block_hash(block, kept);
    }
    unsigned char *resized = realloc(block, new_size);
    if (__builtin_expect(!resized, 0)) {
        probe_out_of_memory(new_size);
    }
    if (audit) {
        *errors += block_hash(resized, kept) != hash;
    }
    block_use(resized, new_size, tag, audit);
    return resized;
}
