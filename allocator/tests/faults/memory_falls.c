/* What was freed serves other sizes, and goes back to the system when asked: one size after the
 * other fills and leaves 64 MiB; the peak stays near one filling and the rest near nothing. */
#include <sys/resource.h>

#include "allocator/tests/check.h"

enum { FILLING = 64 << 20, SLACK = 24 << 20 };

static void **blocks; /* the books stand in a map of their own */

static void fill_and_free(size_t size, bool backwards)
{
    size_t count = FILLING / size;
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        CHECK_BLOCK(blocks[i], size);
        memset(blocks[i], 1, size);
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[backwards ? count - 1 - i : i]);
}

static size_t peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss * 1024;
}

int main(void)
{
    static const size_t sizes[] = {48, 200, 1008, 4000, 30000, 100000, 1000000};
    check_identity();
    blocks = book_new(FILLING / 48 * sizeof *blocks);
    size_t books = FILLING / 48 * sizeof *blocks, before = resident_bytes();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        fill_and_free(sizes[i], i % 2);
    /* Headers and class steps may cost a quarter. */
    CHECK(peak_bytes() < before + books + FILLING / 4 * 5 + SLACK,
          "the peak is %zu MiB for fillings of %d MiB", peak_bytes() >> 20, FILLING >> 20);
    malloc_trim(0);
    CHECK(resident_bytes() < before + books + SLACK, "%zu MiB stay resident after malloc_trim",
          resident_bytes() >> 20);
    return 0;
}
