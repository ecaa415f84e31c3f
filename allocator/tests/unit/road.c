/* The whole road, by our own names: random operations against a shadow, threads that free each
 * other's blocks, thread ends. */
#include "allocator/tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocator/diagnostics/fail.h"
#include "allocator/front/tiny.h"
#include "allocator/process/alloc.h"
#include "allocator/process/process.h"
#include "allocator/slabs/pool.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 30000, HANDOVERS = 20000 };
#else
enum { ROUNDS = 300000, HANDOVERS = 100000 };
#endif

static size_t random_size(uint64_t *seed)
{
    uint64_t r = random_next(seed);
    switch (r & 15) {
    case 0:
        return r >> 8 & 0x3ffff; /* up to ACE */
    case 1:
        return (r & 0xff0) == 0xff0 ? r >> 20 & 0x3fffff : r >> 12 & 0xffff;
    case 2:
    case 3:
        return r >> 8 & 0x7fff;
    case 4:
        return r >> 8 & 15;
    default:
        return r >> 8 & 1023;
    }
}

static void random_operations_keep_every_pattern(void **state)
{
    (void)state;
    enum { SLOTS = 700 };
    static struct {
        unsigned char *p;
        size_t size;
        uint64_t tag;
    } slot[SLOTS];
    uint64_t seed = 11;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = random_next(&seed) % SLOTS;
        if (slot[i].p) {
            size_t edge = slot[i].size < 48 ? slot[i].size : 48;
            assert_true(pattern_holds(slot[i].p, edge, slot[i].tag));
            assert_true(pattern_holds(slot[i].p + slot[i].size - edge, edge, slot[i].tag));
        }
        size_t size = random_size(&seed);
        uint64_t what = random_next(&seed) % 8;
        if (slot[i].p && what < 2) {
            size_t keep = slot[i].size < size ? slot[i].size : size;
            unsigned char *p = hak_realloc(slot[i].p, size ? size : 1);
            assert_non_null(p);
            assert_true(pattern_holds(p, keep < 48 ? keep : 48, slot[i].tag));
            slot[i].p = p;
            size = size ? size : 1;
        } else if (slot[i].p) {
            hak_free(slot[i].p);
            slot[i].p = NULL;
            continue;
        } else if (what == 2) {
            slot[i].p = hak_calloc(1, size);
            for (size_t at = 0; at < size; at++)
                assert_int_equal(slot[i].p[at], 0);
        } else if (what == 3) {
            size_t alignment = 16ul << random_next(&seed) % 10;
            slot[i].p = hak_aligned_alloc(alignment, size);
            assert_int_equal((uintptr_t)slot[i].p % alignment, 0);
        } else {
            slot[i].p = hak_malloc(size);
        }
        assert_non_null(slot[i].p);
        assert_true(hak_usable_size(slot[i].p) >= size);
        assert_int_equal((uintptr_t)slot[i].p % (size <= 8 ? 8 : 16), 0);
        slot[i].size = size;
        slot[i].tag = (uint64_t)round;
        pattern_fill(slot[i].p, size, slot[i].tag);
    }
    for (int i = 0; i < SLOTS; i++)
        hak_free(slot[i].p);
}

static void limits_fail_with_enomem(void **state)
{
    (void)state;
    const size_t too_much[] = {SIZE_MAX, SIZE_MAX - 4095, (size_t)PTRDIFF_MAX + 1, PTRDIFF_MAX};
    void *kept = hak_malloc(100);
    pattern_fill(kept, 100, 4);
    for (size_t i = 0; i < 4; i++) {
        errno = 0;
        assert_null(hak_malloc(too_much[i]));
        assert_int_equal(errno, ENOMEM);
        assert_null(hak_calloc(1, too_much[i]));
        assert_null(hak_calloc(too_much[i], 16));
        assert_null(hak_realloc(kept, too_much[i]));
        assert_null(hak_aligned_alloc(4096, too_much[i]));
        assert_true(pattern_holds(kept, 100, 4));
    }
    errno = 42;
    hak_free(kept);
    hak_free(NULL);
    hak_free(hak_malloc(100000));
    assert_int_equal(errno, 42);
}

static void foreign_pointers_are_counted_and_ignored(void **state)
{
    (void)state;
    fail_set_policy(FAIL_COUNT);
    unsigned long before = fail_count();
    static char mine[64];
    hak_free(mine);
    char *p = hak_malloc(2000000);
    hak_free(p + 4096);
    char *q = hak_malloc(60000);
    hak_free(q + 4096);
    assert_null(hak_realloc(mine, 5));
    assert_int_equal(fail_count() - before, 4);
    assert_int_equal(hak_usable_size(mine), 0);
    hak_free(p);
    hak_free(q);
    fail_set_policy(FAIL_REPORT);
}

/* Threads pass blocks through a table of shared slots; whoever takes one checks and frees it. */
enum { THREADS = 32, SHARED = 512, STACK = 256 * 1024 };
static _Atomic(uint64_t *) shared[SHARED];

static void *hand_over(void *argument)
{
    uint64_t seed = (uintptr_t)argument;
    for (int i = 0; i < HANDOVERS; i++) {
        size_t size = 16 + random_size(&seed) % 40000;
        uint64_t *p = hak_malloc(size);
        p[0] = size;
        p[size / 8 - 1] = size;
        uint64_t *old = atomic_exchange(&shared[random_next(&seed) % SHARED], p);
        if (old) {
            size_t n = old[0];
            if (old[n / 8 - 1] != n)
                return (void *)1;
            hak_free(old);
        }
    }
    return NULL;
}

static void threads_free_each_others_blocks(void **state)
{
    (void)state;
    for (int generation = 0; generation < 3; generation++) {
        pthread_t thread[THREADS];
        pthread_attr_t small;
        assert_int_equal(pthread_attr_init(&small), 0);
        assert_int_equal(pthread_attr_setstacksize(&small, STACK), 0);
        for (uintptr_t i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&thread[i], &small, hand_over, (void *)(i + 1)), 0);
        pthread_attr_destroy(&small);
        for (int i = 0; i < THREADS; i++) {
            void *bad;
            pthread_join(thread[i], &bad);
            assert_null(bad);
        }
    }
    for (int i = 0; i < SHARED; i++)
        hak_free(atomic_exchange(&shared[i], NULL));
}

static void *use_and_end(void *argument)
{
    (void)argument;
    void *p[300];
    for (size_t i = 0; i < 300; i++)
        p[i] = hak_malloc(i * 17);
    for (size_t i = 0; i < 300; i++)
        hak_free(p[i]);
    return NULL;
}

/* A thread that ends gives everything back: the slabs in use do not grow with the number of threads
 * that there were. */
static void ended_threads_leave_nothing(void **state)
{
    (void)state;
    hak_trim();
    uint64_t after_first = 0;
    for (int i = 0; i < 60; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, use_and_end, NULL), 0);
        pthread_join(thread, NULL);
        if (i == 3)
            after_first = pool_used_bytes();
    }
    assert_true(pool_used_bytes() <= after_first);
}

/* When everything is freed and trimmed, no slab is in use any more. */
static void trim_empties_everything(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    static void *p[MANY];
    uint64_t seed = 5;
    hak_trim();
    uint64_t before = pool_used_bytes();
    for (int i = 0; i < MANY; i++)
        p[i] = hak_malloc(random_next(&seed) % 3000);
    for (int i = 0; i < MANY; i++) {
        int j = (int)(random_next(&seed) % MANY);
        void *swap = p[i];
        p[i] = p[j];
        p[j] = swap;
    }
    for (int i = 0; i < MANY; i++)
        hak_free(p[i]);
    assert_true(hak_trim() > 1000000);
    assert_int_equal(pool_used_bytes(), before);
    assert_int_equal(pool_idle_bytes(), 0);
}

/* Fork takes all locks in rising rank, which debug builds assert; both sides find them free. */
static void fork_leaves_both_sides_working(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        for (size_t size = 1; size < 4000000; size = size * 2 + 1)
            hak_free(hak_malloc(size));
        hak_trim();
        _exit(0);
    }
    assert_true(child > 0);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    hak_free(hak_malloc(100000));
    hak_trim();
}

int main(void)
{
    hak_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_keep_every_pattern),
        cmocka_unit_test(limits_fail_with_enomem),
        cmocka_unit_test(foreign_pointers_are_counted_and_ignored),
        cmocka_unit_test(threads_free_each_others_blocks),
        cmocka_unit_test(ended_threads_leave_nothing),
        cmocka_unit_test(trim_empties_everything),
        cmocka_unit_test(fork_leaves_both_sides_working),
    };
    return cmocka_run_group_tests_name("road", tests, NULL, NULL);
}
