/* Aligned blocks: every alignment by many sizes, their way through realloc, and bad arguments. */
#include "allocator/tests/check.h"

enum { ALIGNMENT_MAX = 8 << 20 };

static const size_t sizes[] = {
    0,    1,    7,     8,     9,     15,    16,    17,     31,     48,      63,      64,     65,
    100,  127,  128,   200,   255,   512,   1000,  1023,   1024,   1025,    2048,    4095,   4096,
    4097, 8192, 20000, 32768, 40000, 65536, 65537, 131072, 500000, 1048576, 1100000, 2097152};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void *by_memalign(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

static void *by_aligned_alloc(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

static void *by_posix_memalign(size_t alignment, size_t size)
{
    void *block = NULL;
    int error = posix_memalign(&block, alignment, size);
    CHECK(error == 0, "posix_memalign(%zu, %zu): %d", alignment, size, error);
    return block;
}

static void check_aligned(void *block, size_t alignment, size_t size)
{
    CHECK(block != NULL, "alignment %zu, size %zu", alignment, size);
    CHECK((uintptr_t)block % alignment == 0, "%p, alignment %zu, size %zu", block, alignment, size);
    CHECK(malloc_usable_size(block) >= size, "%zu, alignment %zu, size %zu",
          malloc_usable_size(block), alignment, size);
}

/* Writes the ends of big blocks only, all of small ones. */
static void touch(uint8_t *block, size_t usable, uint64_t seed)
{
    size_t part = usable < 8192 ? usable : 4096;
    pattern_write(block, part, seed);
    pattern_write(block + usable - part, part, seed);
}

static void check_touched(const uint8_t *block, size_t usable, uint64_t seed)
{
    size_t part = usable < 8192 ? usable : 4096;
    CHECK(pattern_check(block, usable == part ? part : 1, seed) >= 1 || part == 0, "first byte");
    CHECK(pattern_check(block + usable - part, part, seed) == part, "%zu bytes, the last", usable);
}

static void all_sizes(void *(*allocate)(size_t, size_t), size_t alignment)
{
    uint8_t *blocks[SIZES];
    size_t usable[SIZES];
    for (size_t i = 0; i < SIZES; i++) {
        blocks[i] = allocate(alignment, hide(sizes[i]));
        check_aligned(blocks[i], alignment, sizes[i]);
        usable[i] = malloc_usable_size(blocks[i]);
        touch(blocks[i], usable[i], i + alignment);
    }
    for (size_t i = 0; i < SIZES; i++) {
        CHECK(malloc_usable_size(blocks[i]) == usable[i], "alignment %zu, size %zu", alignment,
              sizes[i]);
        check_touched(blocks[i], usable[i], i + alignment);
        free(blocks[i]);
    }
}

/* memalign -> realloc -> free: a block that does not start where its memory starts must survive. */
static void through_realloc(size_t alignment)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (size_t k = 0; k < SIZES; k += 3) {
            uint8_t *block = memalign(alignment, hide(sizes[i]));
            check_aligned(block, alignment, sizes[i]);
            size_t kept = sizes[i] < sizes[k] ? sizes[i] : sizes[k];
            kept = kept < 2000 ? kept : 2000;
            pattern_write(block, kept, i);
            block = realloc(block, hide(sizes[k] + 1));
            CHECK_BLOCK(block, sizes[k] + 1);
            CHECK(pattern_check(block, kept, i) == kept, "alignment %zu, %zu -> %zu", alignment,
                  sizes[i], sizes[k] + 1);
            block[sizes[k]] = 1;
            free(block);
        }
    }
}

static void bad_arguments(void)
{
    static const size_t bad[] = {
        0, 1, 2, 3, 4, 5, 7, 12, 24, 48, 100, 768, 4095, SIZE_MAX, SIZE_MAX / 2, 3ul << 40};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        void *out = &out;
        errno = 77;
        CHECK(posix_memalign(&out, hide(bad[i]), 64) == EINVAL, "alignment %zu", bad[i]);
        CHECK(out == &out, "alignment %zu changed the out-pointer", bad[i]);
        CHECK(errno == 77, "alignment %zu: errno %d", bad[i], errno);
        /* The older functions may refuse, or round up to a power of two. */
        for (int f = 0; f < 2; f++) {
            errno = 0;
            void *block = f ? memalign(hide(bad[i]), 64) : aligned_alloc(hide(bad[i]), 64);
            if (block) {
                size_t rounded = bad[i] < 2 ? 1 : (size_t)1 << (64 - __builtin_clzl(bad[i] - 1));
                CHECK((uintptr_t)block % rounded == 0, "alignment %zu: %p", bad[i], block);
                memset(block, 1, 64);
                free(block);
            } else {
                CHECK(errno == EINVAL || errno == ENOMEM, "alignment %zu: %d", bad[i], errno);
            }
        }
    }
    errno = 0;
    CHECK(memalign(hide((size_t)1 << 62), 8) == NULL && errno == ENOMEM, "errno %d", errno);
    errno = 0;
    CHECK(memalign(hide((size_t)1 << 63), 8) == NULL && errno == ENOMEM, "errno %d", errno);
    errno = 0;
    CHECK(aligned_alloc(hide((size_t)1 << 63), 8) == NULL && errno == ENOMEM, "errno %d", errno);
    errno = 0;
    CHECK(memalign(hide(SIZE_MAX / 2 + 2), 8) == NULL && (errno == EINVAL || errno == ENOMEM),
          "errno %d", errno);
}

/* Sizes that no address space holds, with every alignment: the sum of both must not wrap around. */
static void too_much(void)
{
    static const size_t sizes_too_large[] = {SIZE_MAX,        SIZE_MAX - 15,    SIZE_MAX - 4095,
                                             SIZE_MAX - 4096, SIZE_MAX / 2 + 1, SIZE_MAX / 2,
                                             1ul << 62,       1ul << 47};
    for (size_t i = 0; i < sizeof sizes_too_large / sizeof *sizes_too_large; i++) {
        size_t size = sizes_too_large[i];
        for (size_t alignment = 8; alignment; alignment *= 2) {
            void *out = &out;
            CHECK(posix_memalign(&out, hide(alignment), hide(size)) == ENOMEM && out == &out,
                  "alignment %zu, size %zu", alignment, size);
            for (int f = 0; f < 2; f++) {
                errno = 0;
                void *block = (f ? memalign : aligned_alloc)(hide(alignment), hide(size));
                CHECK(block == NULL && errno == ENOMEM, "alignment %zu, size %zu: %p, errno %d",
                      alignment, size, block, errno);
            }
        }
        errno = 0;
        CHECK(valloc(hide(size)) == NULL && errno == ENOMEM, "size %zu: errno %d", size, errno);
        errno = 0;
        CHECK(pvalloc(hide(size)) == NULL && errno == ENOMEM, "size %zu: errno %d", size, errno);
    }
}

static void whole_pages(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        void *plain = valloc(hide(sizes[i])), *rounded = pvalloc(hide(sizes[i]));
        check_aligned(plain, 4096, sizes[i]);
        check_aligned(rounded, 4096, (sizes[i] + 4095) & ~4095ul);
        free(plain);
        free(rounded);
    }
}

int main(void)
{
    check_identity();
    for (size_t alignment = 8; alignment <= ALIGNMENT_MAX; alignment *= 2) {
        all_sizes(by_memalign, alignment);
        all_sizes(by_aligned_alloc, alignment);
        all_sizes(by_posix_memalign, alignment);
        if (alignment <= 65536 || alignment == ALIGNMENT_MAX)
            through_realloc(alignment);
    }
    bad_arguments();
    too_much();
    whole_pages();
    return 0;
}
