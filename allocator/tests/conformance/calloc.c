/* calloc: zero over the whole usable size, also where the memory was used before; overflow is
 * ENOMEM. */
#include "allocator/tests/check.h"

enum { TOGETHER = 4, LAST = 5 << 18 };

static void dirty(size_t size)
{
    void *blocks[TOGETHER];
    for (int i = 0; i < TOGETHER; i++) {
        blocks[i] = malloc(hide(size));
        CHECK_BLOCK(blocks[i], size);
        memset(blocks[i], 0xa5, malloc_usable_size(blocks[i]));
    }
    for (int i = 0; i < TOGETHER; i++)
        free(blocks[i]);
}

static void recycled_memory_is_zero(void)
{
    for (size_t size = 0; size <= LAST; size = next_edge(size)) {
        void *blocks[TOGETHER];
        dirty(size);
        for (int i = 0; i < TOGETHER; i++) {
            size_t members = size % 3 == 0 && i % 2 ? 3 : 1;
            blocks[i] = calloc(members, size / members);
            CHECK_BLOCK(blocks[i], size);
            CHECK(is_zero(blocks[i], malloc_usable_size(blocks[i])), "size %zu, usable %zu", size,
                  malloc_usable_size(blocks[i]));
            memset(blocks[i], 0x5a, malloc_usable_size(blocks[i]));
        }
        for (int i = 0; i < TOGETHER; i++)
            free(blocks[i]);
    }
}

/* A block grown in place or moved leaves its old bytes behind: they must not show either. */
static void memory_of_realloc_is_zero(void)
{
    for (size_t size = 8; size <= 4 << 20; size = size * 3 / 2) {
        char *block = malloc(size);
        CHECK_BLOCK(block, size);
        memset(block, 0xa5, malloc_usable_size(block));
        block = realloc(block, size / 2);
        CHECK_BLOCK(block, size / 2);
        free(block);
        block = calloc(size, 1);
        CHECK_BLOCK(block, size);
        CHECK(is_zero(block, malloc_usable_size(block)), "size %zu", size);
        free(block);
    }
}

static void overflow_is_enomem(void)
{
    static const size_t factors[][2] = {
        {SIZE_MAX, SIZE_MAX},         {SIZE_MAX, 2},           {2, SIZE_MAX},
        {SIZE_MAX / 2 + 1, 2},        {3, SIZE_MAX / 3 + 1},   {(size_t)1 << 32, (size_t)1 << 32},
        {(size_t)1 << 33, 1ul << 33}, {SIZE_MAX / 16 + 2, 16}, {PTRDIFF_MAX, 2},
    };
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        errno = 0;
        void *block = calloc(hide(factors[i][0]), hide(factors[i][1]));
        CHECK(block == NULL, "calloc(%zu, %zu)", factors[i][0], factors[i][1]);
        CHECK(errno == ENOMEM, "calloc(%zu, %zu): errno %d", factors[i][0], factors[i][1], errno);
    }
}

static void no_bytes_are_a_block(void)
{
    void *none = calloc(hide(0), 1000), *empty = calloc(1000, hide(0)),
         *huge = calloc(0, hide(SIZE_MAX));
    CHECK(none && empty && huge && none != empty && empty != huge && none != huge, "%p %p %p", none,
          empty, huge);
    free(none);
    free(empty);
    free(huge);
}

int main(void)
{
    check_identity();
    recycled_memory_is_zero();
    memory_of_realloc_is_zero();
    overflow_is_enomem();
    no_bytes_are_a_block();
    return 0;
}
