/* Holes in ACE, among spans and huge blocks: finding a place among many, from several threads, and
 * giving them back in steps. */
#include "allocator/tests/unit/unit.h"

#include <pthread.h>

#include "allocator/large/ace.h"
#include "allocator/large/huge.h"
#include "allocator/large/region.h"
#include "allocator/large/span.h"
#include "allocator/process/alloc.h"
#include "allocator/slabs/purge.h"
#include "allocator/space/registry.h"

static int setup(void **state)
{
    (void)state;
    hak_free(hak_malloc(1)); /* the process is ready after the first call */
    return 0;
}

/* All that is free in one tier. */
static uint64_t purge_all(uint64_t (*purge)(uint64_t before, struct budget *budget))
{
    struct budget budget = {.left = BUDGET_ALL};
    uint64_t bytes = purge(UINT64_MAX - 1, &budget);
    assert_false(budget.more);
    return bytes;
}

static void free_to_ace(void *p)
{
    assert_true(ace_lay_aside(p) > 0);
    ace_free(p, os_clock_coarse_ns());
}

/* Regions looked at for a block of 12 pages among so many holes of 10. */
static uint64_t ace_steps_among(uint32_t holes)
{
    static void *blocks[2 << 16];
    uint64_t most = 0;
    bool zeroed;
    purge_now();
    for (uint32_t i = 0; i < 2 * holes; i++)
        assert_non_null(blocks[i] = ace_alloc(10 * HAK_PAGE, 16, &zeroed));
    for (uint32_t i = 0; i < 2 * holes; i += 2)
        free_to_ace(blocks[i]);
    for (int i = 0; i < 300; i++) {
        uint64_t before = region_steps;
        blocks[2 * i] = ace_alloc(12 * HAK_PAGE, i % 2 ? 16 : HAK_SLAB, &zeroed);
        most = region_steps - before > most ? region_steps - before : most;
    }
    for (int i = 0; i < 300; i++) {
        uint64_t before = region_steps;
        free_to_ace(blocks[2 * i]);
        most = region_steps - before > most ? region_steps - before : most;
    }
    for (uint32_t i = 1; i < 2 * holes; i += 2)
        free_to_ace(blocks[i]);
    purge_now();
    return most;
}

static void ace_steps_do_not_grow_with_holes(void **state)
{
    (void)state;
    uint64_t used = ace_used_bytes();
    assert_in_range(ace_steps_among(1 << 10), 1, 6);
    assert_in_range(ace_steps_among(1 << 16), 1, 6);
    assert_int_equal(ace_used_bytes(), used);
}

/* Holes of every kind, all touched and freed just now; between them, blocks stay. */
enum { HOLES = 200 };
static void *stay[HOLES], *spans_stay[HOLES];

static void make_holes(void)
{
    enum { MANY = 2 * HOLES };
    void *spans[MANY], *pages[MANY];
    bool zeroed;
    for (int i = 0; i < MANY; i++) {
        spans[i] = span_alloc(3 * HAK_SLAB, &zeroed);
        memset(spans[i], 1, 3 * HAK_SLAB);
        pages[i] = ace_alloc(10 * HAK_PAGE, 16, &zeroed);
        memset(pages[i], 1, 10 * HAK_PAGE);
    }
    void *huge = huge_alloc(40u << 20, 16, &zeroed);
    memset(huge, 1, 40u << 20);
    assert_true(huge_free(registry_find(huge).owner, os_clock_coarse_ns()));
    for (int i = 0; i < HOLES; i++) {
        assert_true(span_free(spans[2 * i], os_clock_coarse_ns()));
        free_to_ace(pages[2 * i]);
        stay[i] = pages[2 * i + 1];
        spans_stay[i] = spans[2 * i + 1];
    }
}

static void fill_holes(void)
{
    for (int i = 0; i < HOLES; i++) {
        free_to_ace(stay[i]);
        assert_true(span_free(spans_stay[i], os_clock_coarse_ns()));
    }
}

static void purge_goes_in_steps(uint64_t (*purge)(uint64_t before, struct budget *budget))
{
    const uint64_t step = 1u << 20;
    uint64_t all = 0;
    struct budget budget = {.more = true};
    for (int i = 0; budget.more; i++) {
        budget = (struct budget){.left = step};
        uint64_t bytes = purge(UINT64_MAX - 1, &budget);
        assert_true(bytes <= step + HAK_SUPERSLAB);
        all += bytes;
        assert_true(i < 10000);
    }
    assert_true(all > 4 * step);
    assert_int_equal(purge_all(purge), 0);
}

static void purge_is_bounded_and_ends(void **state)
{
    (void)state;
    purge_now();
    make_holes();
    purge_goes_in_steps(span_purge);
    purge_goes_in_steps(ace_purge);
    purge_goes_in_steps(huge_purge);
    fill_holes();
}

/* Also when a round is half done that knows of nothing but one run. */
static void purge_now_gives_everything_back(void **state)
{
    (void)state;
    for (uint64_t left = HAK_PAGE; left < 8u << 20; left *= 8) {
        purge_now();
        bool zeroed;
        void *span = span_alloc(HAK_SPAN_MAX, &zeroed);
        span_free(span, os_clock_coarse_ns());
        struct budget budget = {.left = left};
        span_purge(UINT64_MAX - 1, &budget);
        ace_purge(UINT64_MAX - 1, &budget);
        make_holes();
        purge_now();
        assert_int_equal(purge_all(span_purge), 0);
        assert_int_equal(purge_all(ace_purge), 0);
        assert_int_equal(purge_all(huge_purge), 0);
        fill_holes();
    }
}

/* More threads than there are shards free what others have taken. */
enum { THREADS = 12, EACH = 200, ROUNDS = 20 };
static _Atomic(void *) handed[THREADS * EACH];

static void *trade(void *argument)
{
    uint64_t seed = (uintptr_t)argument;
    for (int i = 0; i < EACH * ROUNDS; i++) {
        bool zeroed;
        size_t size = 1 + random_next(&seed) % (HAK_ACE_MAX - 1);
        char *p = ace_alloc(size, i % 5 ? 16 : HAK_SLAB, &zeroed);
        p[0] = p[size - 1] = 1;
        void *other = atomic_exchange(&handed[random_next(&seed) % (THREADS * EACH)], p);
        if (other)
            free_to_ace(other);
        if (i % 500 == 0) {
            struct budget budget = {.left = 1u << 20};
            ace_purge(UINT64_MAX - 1, &budget);
        }
    }
    return NULL;
}

static void shards_take_blocks_back_from_any_thread(void **state)
{
    (void)state;
    uint64_t used = ace_used_bytes();
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, trade, (void *)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS * EACH; i++)
        if (handed[i])
            free_to_ace(handed[i]);
    assert_int_equal(ace_used_bytes(), used);
    purge_now();
    assert_int_equal(purge_all(ace_purge), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ace_steps_do_not_grow_with_holes),
        cmocka_unit_test(shards_take_blocks_back_from_any_thread),
        cmocka_unit_test(purge_is_bounded_and_ends),
        cmocka_unit_test(purge_now_gives_everything_back),
    };
    return cmocka_run_group_tests_name("holes", tests, setup, NULL);
}
