/* Every size a class could begin or end at: alignment, the whole usable size written, nothing
 * overlaps. */
#include "allocator/tests/check.h"

enum { LIVE = 48, LAST = 5 << 19 };

struct block {
    uint8_t *start;
    size_t size;
    size_t usable;
};

static void *by_malloc(size_t size)
{
    return malloc(size);
}

static void *by_calloc(size_t size)
{
    return calloc(1, size);
}

static void *by_realloc(size_t size)
{
    return realloc(NULL, size);
}

static void *by_reallocarray(size_t size)
{
    return reallocarray(NULL, size, 1);
}

static void check_and_free(struct block *block)
{
    CHECK(malloc_usable_size(block->start) == block->usable, "size %zu: usable was %zu, is %zu",
          block->size, block->usable, malloc_usable_size(block->start));
    size_t offset = pattern_check(block->start, block->usable, (uintptr_t)block->start);
    CHECK(offset == block->usable, "size %zu: byte %zu of %zu was overwritten", block->size, offset,
          block->usable);
    free(block->start);
    block->start = NULL;
}

/* Walks all sizes with LIVE blocks alive, so that a class one byte too short meets its neighbour.
 */
static void walk(void *(*allocate)(size_t), size_t last)
{
    static struct block blocks[LIVE];
    size_t n = 0;
    for (size_t size = 0; size <= last; size = next_edge(size)) {
        for (int copy = 0; copy < 2; copy++, n++) {
            struct block *block = &blocks[n % LIVE];
            if (block->start)
                check_and_free(block);
            block->start = allocate(hide(size));
            CHECK_BLOCK(block->start, size);
            block->size = size;
            block->usable = malloc_usable_size(block->start);
            pattern_write(block->start, block->usable, (uintptr_t)block->start);
        }
    }
    for (n = 0; n < LIVE; n++)
        if (blocks[n].start)
            check_and_free(&blocks[n]);
}

static void zero_bytes_are_unique(void)
{
    void *blocks[64];
    for (int i = 0; i < 64; i++) {
        blocks[i] = malloc(hide(0));
        CHECK(blocks[i] != NULL, "malloc(0)");
        for (int k = 0; k < i; k++)
            CHECK(blocks[i] != blocks[k], "two live blocks at %p", blocks[i]);
    }
    for (int i = 0; i < 64; i++)
        free(blocks[i]);
}

/* Usable bytes may not be bought by waste: a quarter more than asked for plus the smallest steps.
 */
static void usable_is_near_size(void)
{
    for (size_t size = 1; size <= 1024; size++) {
        void *block = malloc(size);
        CHECK(block != NULL && malloc_usable_size(block) <= 2 * size + 24, "%zu for %zu",
              malloc_usable_size(block), size);
        free(block);
    }
}

int main(void)
{
    check_identity();
    CHECK(malloc_usable_size(NULL) == 0, "%zu", malloc_usable_size(NULL));
    free(hide_pointer(NULL));
    walk(by_malloc, LAST);
    walk(by_calloc, 70000);
    walk(by_realloc, 70000);
    walk(by_reallocarray, 4097);
    zero_bytes_are_unique();
    usable_is_near_size();
    return 0;
}
