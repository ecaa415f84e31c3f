/* The smallest malloc that a workload survives: blocks are cut off a buffer and never come back.
 * A file that includes this is a preload that the runner can prove. */
#ifndef RUNNER_TESTS_PRELOAD_BUMP_H
#define RUNNER_TESTS_PRELOAD_BUMP_H

#include <stddef.h>
#include <string.h>

/* How far the next block stands behind this one, as a part of its size: 1, or less to overlap. */
#ifndef BUMP_STEP
#define BUMP_STEP(size) (size)
#endif

static _Alignas(16) char bump_bytes[256 << 20];
static size_t bump_used;

static void *bump(size_t size, size_t alignment)
{
    const size_t start = (bump_used + 16 + alignment - 1) & ~(alignment - 1);
    bump_used = start + BUMP_STEP(size);
    memcpy(bump_bytes + start - sizeof size, &size, sizeof size);
    return start + size < sizeof bump_bytes ? bump_bytes + start : NULL;
}

#ifndef BUMP_OWN_MALLOC
void *malloc(size_t size)
{
    return bump(size, 16);
}
#endif

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t size)
{
    void *block = bump(count * size, 16);
    return block != NULL ? memset(block, 0, count * size) : NULL;
}

void *realloc(void *block, size_t size)
{
    void *copy = bump(size, 16);
    if (block != NULL && copy != NULL) {
        size_t old;
        memcpy(&old, (char *)block - sizeof old, sizeof old);
        memcpy(copy, block, old < size ? old : size);
    }
    return copy;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return bump(size, alignment < 16 ? 16 : alignment);
}

#endif
