/* What cannot be had is NULL and ENOMEM on every function; what is freed leaves errno alone. */
#include <pthread.h>

#include "allocator/tests/check.h"

enum { MARK = 12345 };

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
    return reallocarray(NULL, 1, size);
}

static void *by_memalign(size_t size)
{
    return memalign(64, size);
}

static void *by_memalign_pages(size_t size)
{
    return memalign(1 << 20, size);
}

static void *by_aligned_alloc(size_t size)
{
    return aligned_alloc(16, size);
}

static void *by_valloc(size_t size)
{
    return valloc(size);
}

static void *by_pvalloc(size_t size)
{
    return pvalloc(size);
}

/* posix_memalign returns its error; POSIX promises nothing of errno, this allocator that it stays.
 */
static void *by_posix_memalign(size_t size)
{
    void *out = &out;
    errno = MARK;
    int error = posix_memalign(&out, 32, size);
    CHECK(error == ENOMEM && out == &out, "error %d, out-pointer %s", error,
          out == &out ? "untouched" : "changed");
    CHECK(errno == MARK || !on_hakmem(), "errno %d", errno);
    errno = error;
    return NULL;
}

static void impossible_sizes(void)
{
    static void *(*const functions[])(size_t) = {
        by_malloc,         by_calloc,        by_realloc, by_reallocarray, by_memalign,
        by_memalign_pages, by_aligned_alloc, by_valloc,  by_pvalloc,      by_posix_memalign,
    };
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        for (size_t k = 0; k <= 5000; k += k < 70 ? 1 : 1237) {
            size_t sizes[] = {SIZE_MAX - k, (size_t)PTRDIFF_MAX + 1 + k};
            for (size_t i = 0; i < 2; i++) {
                errno = 0;
                void *block = functions[f](hide(sizes[i]));
                CHECK(block == NULL, "function %zu gave %p for %#zx bytes", f, block, sizes[i]);
                CHECK(errno == ENOMEM, "function %zu, %#zx bytes: errno %d", f, sizes[i], errno);
            }
        }
    }
}

/* More than the address space has, though less than PTRDIFF_MAX: the system itself must say no. */
static void more_than_there_is(void)
{
    for (unsigned bits = 48; bits < 63; bits++) {
        errno = 0;
        CHECK(malloc(hide((size_t)1 << bits)) == NULL && errno == ENOMEM, "2^%u: %d", bits, errno);
        errno = 0;
        CHECK(calloc(1, hide((size_t)1 << bits)) == NULL && errno == ENOMEM, "2^%u: %d", bits,
              errno);
        errno = 0;
        CHECK(memalign(1 << 21, hide((size_t)1 << bits)) == NULL && errno == ENOMEM, "2^%u: %d",
              bits, errno);
    }
}

static const size_t kinds[] = {0,     8,     16,    100,    1024,    1025,    4096,
                               20000, 32768, 32769, 100000, 1048576, 1100000, 5 << 20};

static void free_and_check(void *block, const char *what, size_t size)
{
    errno = MARK;
    free(block);
    CHECK(errno == MARK, "free of %zu bytes %s: errno %d", size, what, errno);
}

static void *free_all(void *blocks)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        free_and_check(((void **)blocks)[i], "of another thread", kinds[i]);
    return NULL;
}

static void free_keeps_errno(void)
{
    void *blocks[sizeof kinds / sizeof *kinds];
    pthread_t thread;
    free_and_check(NULL, "at NULL", 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        free_and_check(malloc(hide(kinds[i])), "at once", kinds[i]);
        free_and_check(memalign(256, kinds[i]), "aligned", kinds[i]);
        free_and_check(memalign(1 << 22, kinds[i]), "far aligned", kinds[i]);
        blocks[i] = malloc(hide(kinds[i]));
    }
    CHECK(pthread_create(&thread, NULL, free_all, blocks) == 0, "thread");
    pthread_join(thread, NULL);
    /* Enough of each that lists overflow, slabs become empty and memory goes back. */
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        enum { MANY = 4000 };
        static void *many[MANY];
        size_t n = kinds[i] < 2000 ? MANY : kinds[i] < 50000 ? 400 : 20;
        for (size_t k = 0; k < n; k++)
            CHECK((many[k] = malloc(hide(kinds[i]))) != NULL, "size %zu", kinds[i]);
        for (size_t k = 0; k < n; k++)
            free_and_check(many[k], "in bulk", kinds[i]);
    }
    /* After a failed allocation too. */
    errno = 0;
    CHECK(malloc(hide(SIZE_MAX)) == NULL && errno == ENOMEM, "errno %d", errno);
    free_and_check(malloc(100), "after a failure", 100);
}

int main(void)
{
    check_identity();
    impossible_sizes();
    more_than_there_is();
    free_keeps_errno();
    return 0;
}
