/* realloc: from every class to every class with its contents, and what happens when it fails. */
#include "allocator/tests/check.h"

enum { SIZES_MAX = 256 };

static void one_move(size_t from, size_t to)
{
    uint8_t *block = malloc(hide(from));
    CHECK_BLOCK(block, from);
    size_t usable = malloc_usable_size(block), seed = from * 131 + to;
    pattern_write(block, usable, seed);
    /* A neighbour on the spot that a careless growth in place would take. */
    uint8_t *neighbour = malloc(from);
    CHECK_BLOCK(neighbour, from);
    pattern_write(neighbour, from, ~seed);

    block = realloc(block, hide(to));
    CHECK_BLOCK(block, to);
    /* Only what was asked for is promised to move. */
    size_t kept = from < to ? from : to, offset = pattern_check(block, kept, seed);
    CHECK(offset == kept, "%zu -> %zu: byte %zu changed", from, to, offset);
    memset(block, 0xee, malloc_usable_size(block));
    CHECK(pattern_check(neighbour, from, ~seed) == from, "%zu -> %zu: neighbour", from, to);
    free(neighbour);
    free(block);
}

static void class_by_class(void)
{
    size_t sizes[SIZES_MAX], n = 0;
    for (size_t size = 1; size <= 1100; size += size < 130 ? 8 : 61)
        sizes[n++] = size;
    for (size_t size = 1024; size <= 40000; size = size * 5 / 4)
        sizes[n++] = size;
    for (size_t size = 60000; size <= 3 << 20; size *= 3)
        sizes[n++] = size;
    CHECK(n <= SIZES_MAX, "%zu", n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (sizes[i] + sizes[k] < 500000 || (i + k) % 4 == 0)
                one_move(sizes[i], sizes[k]);
}

/* The way of a growing buffer: byte by byte, then by halves, up to 48 MiB and back. */
static void long_way(void)
{
    uint8_t *block = NULL;
    size_t size = 0;
    while (size < 48 << 20) {
        size_t next = size < 3000 ? size + 1 : size * 3 / 2;
        block = realloc(block, hide(next));
        CHECK_BLOCK(block, next);
        if (size)
            CHECK(block[0] == 1 && block[size - 1] == (uint8_t)size, "%zu -> %zu", size, next);
        block[0] = 1;
        block[next - 1] = next == 1 ? 1 : (uint8_t)next;
        size = next;
    }
    while (size > 16) {
        block[size / 2 - 1] = 77;
        block = realloc(block, hide(size /= 2));
        CHECK_BLOCK(block, size);
        CHECK(block[0] == 1 && block[size - 1] == 77, "down to %zu", size);
    }
    free(block);
}

static void failure_keeps_the_block(void)
{
    static const size_t sizes[] = {8, 24, 1000, 1024, 5000, 33000, 300000, 3000000};
    static const size_t wants[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX - 4096,
                                   (size_t)PTRDIFF_MAX + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *block = malloc(sizes[i]);
        CHECK_BLOCK(block, sizes[i]);
        size_t usable = malloc_usable_size(block);
        pattern_write(block, usable, i);
        for (size_t k = 0; k < sizeof wants / sizeof *wants; k++) {
            errno = 0;
            CHECK(realloc(block, hide(wants[k])) == NULL && errno == ENOMEM, "errno %d", errno);
            errno = 0;
            CHECK(reallocarray(block, hide(wants[k] / 2), hide(4)) == NULL && errno == ENOMEM,
                  "errno %d", errno);
        }
        CHECK(malloc_usable_size(block) == usable && pattern_check(block, usable, i) == usable,
              "size %zu", sizes[i]);
        free(block);
    }
}

/* realloc(p, 0) frees, as in the C library: a program that relies on it must not leak. */
static void zero_size_frees(void)
{
    static const size_t sizes[] = {8, 16, 600, 1024, 20000, 100000, 2000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t bytes = 0;
        while (bytes < 400 << 20) {
            char *block = malloc(sizes[i]);
            CHECK_BLOCK(block, sizes[i]);
            block[0] = block[sizes[i] - 1] = 1;
            CHECK(realloc(block, hide(0)) == NULL, "size %zu", sizes[i]);
            bytes += sizes[i] < 4096 ? 2000 : sizes[i];
        }
    }
    CHECK(resident_bytes() < 160 << 20, "%zu bytes are still resident", resident_bytes());
}

int main(void)
{
    check_identity();
    zero_size_frees();
    class_by_class();
    long_way();
    failure_keeps_the_block();
    void *block = reallocarray(NULL, 7, 9);
    CHECK_BLOCK(block, 63);
    block = reallocarray(block, 100, 100);
    CHECK_BLOCK(block, 10000);
    free(block);
    return 0;
}
