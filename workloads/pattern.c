#include "workloads/pattern.h"

#include <string.h>

#include "workloads/rng.h"

static struct rng pattern_start(const void *block, size_t size, uint64_t tag)
{
    return (struct rng){.state = rng_mix((uintptr_t)block + rng_mix(size + rng_mix(tag)))};
}

void pattern_fill(void *block, size_t size, uint64_t tag)
{
    struct rng rng = pattern_start(block, size, tag);
    unsigned char *at = block;
    while (size > 0) {
        uint64_t word = rng_next(&rng);
        size_t length = size < sizeof word ? size : sizeof word;
        memcpy(at, &word, length);
        at += length;
        size -= length;
    }
}

uint64_t pattern_errors(const void *block, size_t size, uint64_t tag)
{
    struct rng rng = pattern_start(block, size, tag);
    const unsigned char *at = block;
    uint64_t errors = 0;
    while (size > 0) {
        uint64_t word = rng_next(&rng);
        size_t length = size < sizeof word ? size : sizeof word;
        errors += memcmp(at, &word, length) != 0;
        at += length;
        size -= length;
    }
    return errors;
}
