/* All maps that the system allows a process (65530, as a rule) are taken: mmap fails, and so does a
 * munmap that would split one. */
#include "allocator/tests/check.h"

enum { BLOCKS = 135, SKIPPED = 77 };

static size_t map_limit(void)
{
    unsigned long limit = 0;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
    CHECK(file && fscanf(file, "%lu", &limit) == 1, "max_map_count");
    fclose(file);
    return limit;
}

/* Neighbouring pages of different protection are maps of their own. */
static void take_all_maps(size_t limit)
{
    char *area = mmap(NULL, (limit + 2) * 4096, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(area != MAP_FAILED, "mmap: %s", strerror(errno));
    size_t taken = 0;
    while (taken <= limit / 2 && mprotect(area + 8192 * taken, 4096, PROT_READ) == 0)
        taken++;
    CHECK(taken <= limit / 2, "%zu pages are no limit", taken);
}

int main(void)
{
    static const size_t sizes[] = {8, 100, 1024, 3000, 20000, 60000, 400000, 1500000, 6000000};
    static uint8_t *blocks[BLOCKS];
    check_identity();
    uint8_t *held = malloc(9 << 20);
    CHECK_BLOCK(held, 9 << 20);
    if (map_limit() > 200000) {
        puts("skipped: this machine allows too many maps to take them all quickly");
        return SKIPPED;
    }
    take_all_maps(map_limit());
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            size_t size = sizes[i % 9];
            errno = 0;
            blocks[i] = round == 1 ? memalign(4096, size) : malloc(size);
            CHECK(blocks[i] != NULL || errno == ENOMEM, "size %zu: errno %d", size, errno);
            if (blocks[i])
                pattern_write(blocks[i], size, i);
        }
        for (size_t i = 0; i < BLOCKS; i++) {
            size_t size = sizes[i % 9];
            CHECK(!blocks[i] || pattern_check(blocks[i], size, i) == size, "size %zu", size);
            free(blocks[i]);
        }
        malloc_trim(0);
        if (round == 0)
            free(held);
    }
    return 0;
}
