/* What was freed serves other sizes, and goes back to the system when asked. One size after the
 * other fills and leaves 64 MiB: within the sizes of the slabs the peak stays near one filling, as
 * empty slabs serve any class; between them and the larger sizes memory passes by way of the
 * system. */
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

/* The high-water mark of this program alone: getrusage's would include that of who started it. */
static size_t peak_bytes(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    CHECK(file != NULL, "/proc/self/status");
    while (fgets(line, sizeof line, file) && sscanf(line, "VmHWM: %lu kB", &kib) != 1)
        continue;
    fclose(file);
    CHECK(kib > 0, "no VmHWM in /proc/self/status");
    return kib * 1024;
}

/* Headers and class steps may cost a quarter of a filling. */
static void check_rest(size_t before)
{
    CHECK(peak_bytes() < before + FILLING / 4 * 5 + SLACK,
          "the peak is %zu MiB for fillings of %d MiB", peak_bytes() >> 20, FILLING >> 20);
    malloc_trim(0);
    CHECK(resident_bytes() < before + SLACK, "%zu MiB stay resident after malloc_trim",
          resident_bytes() >> 20);
}

int main(void)
{
    /* The sizes of one row pass memory to each other at once: slabs; whole SuperSlabs; spans. */
    static const size_t rows[][5] = {
        {48, 200, 1008, 4000, 30000}, {60000, 100000, 120000}, {400000, 900000, 3000000}};
    check_identity();
    blocks = book_new(FILLING / 48 * sizeof *blocks);
    size_t books = FILLING / 48 * sizeof *blocks, before = resident_bytes();
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (size_t i = 0; i < 5 && rows[row][i]; i++)
            fill_and_free(rows[row][i], i % 2);
        check_rest(before + books);
    }
    return 0;
}
