/* Every operation as the first one of a thread, and as the first one of a process. */
#include <pthread.h>

#include "allocator/tests/check.h"

static void *gift; /* made by the main thread, for operations that take a block */

static void use(void *block, size_t size)
{
    CHECK_BLOCK(block, size);
    memset(block, 7, malloc_usable_size(block));
    free(block);
}

static void first_malloc(void)
{
    use(malloc(40), 40);
}

static void first_malloc_8(void)
{
    use(malloc(8), 8);
}

static void first_malloc_wide(void)
{
    use(malloc(9000), 9000);
}

static void first_malloc_mid(void)
{
    use(malloc(200000), 200000);
}

static void first_malloc_huge(void)
{
    use(malloc(9 << 20), 9 << 20);
}

static void first_calloc(void)
{
    use(calloc(5, 9), 45);
}

static void first_realloc_null(void)
{
    use(realloc(NULL, 100), 100);
}

static void first_realloc(void)
{
    use(realloc(gift, 5000), 5000);
}

static void first_realloc_zero(void)
{
    CHECK(realloc(gift, hide(0)) == NULL, "realloc(p, 0)");
}

static void first_reallocarray(void)
{
    use(reallocarray(gift, 10, 20), 200);
}

static void first_free(void)
{
    free(gift);
}

static void first_free_null(void)
{
    free(hide_pointer(NULL));
    free(gift);
}

static void first_memalign(void)
{
    use(memalign(4096, 100), 100);
}

static void first_aligned_alloc(void)
{
    use(aligned_alloc(64, 64), 64);
}

static void first_posix_memalign(void)
{
    void *block = NULL;
    CHECK(posix_memalign(&block, 128, 10) == 0, "posix_memalign");
    use(block, 10);
}

static void first_valloc(void)
{
    use(valloc(10), 10);
}

static void first_pvalloc(void)
{
    use(pvalloc(10), 4096);
}

static void first_usable_size(void)
{
    CHECK(malloc_usable_size(gift) >= 48, "%zu", malloc_usable_size(gift));
    free(gift);
}

static void first_trim(void)
{
    malloc_trim(0);
    free(gift);
}

static void first_mallinfo(void)
{
    (void)mallinfo2();
    free(gift);
}

static void first_mallopt(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    free(gift);
}

static void first_failure(void)
{
    errno = 0;
    CHECK(malloc(hide(SIZE_MAX)) == NULL && errno == ENOMEM, "errno %d", errno);
}

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {
    {"malloc", first_malloc},
    {"malloc 8", first_malloc_8},
    {"malloc wide", first_malloc_wide},
    {"malloc mid", first_malloc_mid},
    {"malloc huge", first_malloc_huge},
    {"calloc", first_calloc},
    {"realloc NULL", first_realloc_null},
    {"realloc", first_realloc},
    {"realloc 0", first_realloc_zero},
    {"reallocarray", first_reallocarray},
    {"free", first_free},
    {"free NULL", first_free_null},
    {"memalign", first_memalign},
    {"aligned_alloc", first_aligned_alloc},
    {"posix_memalign", first_posix_memalign},
    {"valloc", first_valloc},
    {"pvalloc", first_pvalloc},
    {"malloc_usable_size", first_usable_size},
    {"malloc_trim", first_trim},
    {"mallinfo2", first_mallinfo},
    {"mallopt", first_mallopt},
    {"malloc of SIZE_MAX", first_failure},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static void *on_thread(void *index)
{
    operations[(uintptr_t)index].run();
    /* The thread must be whole afterwards. */
    for (size_t size = 1; size < 3000; size += 97)
        use(malloc(size), size);
    return NULL;
}

/* In a fresh process nothing but the operation comes before; only those that need no gift. */
static void as_first_of_process(char *self)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        pid_t child = fork();
        if (child == 0) {
            char index[16];
            snprintf(index, sizeof index, "%zu", i);
            execl("/proc/self/exe", self, index, (char *)NULL);
            CHECK(false, "exec: %s", strerror(errno));
        }
        expect_success(child, operations[i].name);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        size_t index = count_argument(argc, argv, 1, 0);
        CHECK(index < OPERATIONS, "operation %zu", index);
        /* Without a gift realloc(NULL, 0) is malloc(0), which is not what this operation checks. */
        if (operations[index].run != first_realloc_zero &&
            operations[index].run != first_usable_size)
            operations[index].run();
        check_identity();
        return 0;
    }
    check_identity();
    for (size_t i = 0; i < OPERATIONS; i++) {
        pthread_t thread;
        gift = malloc(48);
        CHECK(pthread_create(&thread, NULL, on_thread, (void *)i) == 0, "thread");
        pthread_join(thread, NULL);
    }
    as_first_of_process(argv[0]);
    return 0;
}
