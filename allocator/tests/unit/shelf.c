/* The shelf: what a thread keeps of the blocks of ACE that it has freed. */
#include "allocator/tests/unit/unit.h"

#include <pthread.h>

#include "allocator/diagnostics/kpi.h"
#include "allocator/front/thread.h"
#include "allocator/large/ace.h"
#include "allocator/large/shelf.h"
#include "allocator/process/alloc.h"

enum { SIZE = 50000 };

/* The process is ready, and nothing is kept. */
static int setup(void **state)
{
    (void)state;
    hak_free(hak_malloc(1));
    hak_trim();
    return 0;
}

static void *lay_aside(size_t size)
{
    bool zeroed;
    void *p = ace_alloc(size, 16, &zeroed);
    assert_non_null(p);
    assert_int_equal(ace_lay_aside(p), ace_round(size));
    return p;
}

static void a_block_comes_back_to_its_thread(void **state)
{
    (void)state;
    unsigned slot = thread_tls.thread->kpi_slot;
    uint64_t hits = kpi_page.slots[slot][HAK_KPI_SHELF_HITS];
    unsigned char *p = hak_malloc(SIZE);
    pattern_fill(p, SIZE, 1);
    hak_free(p);
    void *other = hak_malloc(2 * SIZE);
    assert_ptr_not_equal(other, p);
    assert_ptr_equal(hak_malloc(SIZE - 100), p);
    assert_int_equal(kpi_page.slots[slot][HAK_KPI_SHELF_HITS], hits + 1);
    hak_free(p);
    assert_ptr_equal(hak_aligned_alloc(HAK_PAGE, SIZE), p);
    hak_free(p);
    assert_ptr_equal(hak_calloc(SIZE, 1), p);
    for (size_t i = 0; i < SIZE; i++)
        assert_int_equal(p[i], 0);
    hak_free(p);
    hak_free(other);
}

static void what_is_kept_is_nobodys(void **state)
{
    (void)state;
    void *p = hak_malloc(SIZE);
    assert_true(hak_usable_size(p) >= SIZE);
    hak_free(p);
    assert_int_equal(hak_usable_size(p), 0);
    assert_int_equal(ace_lay_aside(p), 0);
    assert_int_equal(ace_lay_aside((char *)p + HAK_PAGE), 0);
    hak_free(p); /* refused */
    void *q = hak_malloc(SIZE), *r = hak_malloc(SIZE);
    assert_ptr_equal(q, p);
    assert_ptr_not_equal(r, p);
    hak_free(q);
    hak_free(r);
}

static void the_oldest_goes_first(void **state)
{
    (void)state;
    struct shelf shelf = {.count = 0};
    void *blocks[SHELF_PLACES + 1];
    uint64_t used = ace_used_bytes();
    for (int i = 0; i <= SHELF_PLACES; i++)
        blocks[i] = lay_aside(SIZE + i * 2 * HAK_PAGE);
    for (int i = 0; i <= SHELF_PLACES; i++)
        shelf_put(&shelf, blocks[i], ace_round(SIZE + i * 2 * HAK_PAGE));
    assert_null(shelf_take(&shelf, ace_round(SIZE)));
    /* From the middle; the others stay. */
    assert_ptr_equal(shelf_take(&shelf, ace_round(SIZE + 4 * HAK_PAGE)), blocks[2]);
    assert_null(shelf_take(&shelf, ace_round(SIZE + 4 * HAK_PAGE)));
    assert_ptr_equal(shelf_take(&shelf, ace_round(SIZE + 2 * HAK_PAGE)), blocks[1]);
    for (int i = 1; i <= 2; i++) {
        assert_true(ace_usable(blocks[i]) > 0);
        assert_true(ace_lay_aside(blocks[i]) > 0);
        ace_free(blocks[i], os_clock_coarse_ns());
    }
    assert_true(ace_used_bytes() > used);
    shelf_clear(&shelf, os_clock_coarse_ns());
    assert_int_equal(ace_used_bytes(), used);
}

static void what_is_not_used_goes_back(void **state)
{
    (void)state;
    struct shelf shelf = {.count = 0};
    uint64_t used = ace_used_bytes(), now = os_clock_coarse_ns();
    shelf_put(&shelf, lay_aside(SIZE), ace_round(SIZE));
    shelf_age(&shelf, now);
    assert_int_equal(ace_used_bytes(), used + ace_round(SIZE));
    shelf_age(&shelf, now);
    assert_int_equal(ace_used_bytes(), used);
}

static void *fill_own_shelf(void *blocks)
{
    for (int i = 0; i < SHELF_PLACES; i++)
        hak_free(((void **)blocks)[i]);
    return NULL;
}

static void a_thread_leaves_nothing_behind(void **state)
{
    (void)state;
    hak_trim();
    uint64_t used = ace_used_bytes();
    void *blocks[SHELF_PLACES];
    for (int i = 0; i < SHELF_PLACES; i++)
        blocks[i] = hak_malloc(SIZE);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fill_own_shelf, blocks), 0);
    pthread_join(thread, NULL);
    assert_int_equal(ace_used_bytes(), used);
}

/* Of two threads that free one block at once only one may have it. */
struct race {
    pthread_barrier_t start, end;
    void *p;
    size_t bytes[2];
};
enum { ROUNDS = 2000 };

static void *racer(void *argument)
{
    struct race *race = argument;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&race->start);
        race->bytes[1] = ace_lay_aside(race->p);
        pthread_barrier_wait(&race->end);
    }
    return NULL;
}

static void one_of_two_lays_a_block_aside(void **state)
{
    (void)state;
    struct race race = {.p = NULL};
    pthread_t thread;
    pthread_barrier_init(&race.start, NULL, 2);
    pthread_barrier_init(&race.end, NULL, 2);
    bool zeroed;
    race.p = ace_alloc(SIZE, 16, &zeroed);
    assert_int_equal(pthread_create(&thread, NULL, racer, &race), 0);
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&race.start);
        race.bytes[0] = ace_lay_aside(race.p);
        pthread_barrier_wait(&race.end);
        assert_int_equal(race.bytes[0] + race.bytes[1], ace_round(SIZE));
        ace_take_up(race.p);
    }
    pthread_join(thread, NULL);
    assert_true(ace_lay_aside(race.p) > 0);
    ace_free(race.p, os_clock_coarse_ns());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_comes_back_to_its_thread),
        cmocka_unit_test(what_is_kept_is_nobodys),
        cmocka_unit_test(the_oldest_goes_first),
        cmocka_unit_test(what_is_not_used_goes_back),
        cmocka_unit_test(a_thread_leaves_nothing_behind),
        cmocka_unit_test(one_of_two_lays_a_block_aside),
    };
    return cmocka_run_group_tests_name("shelf", tests, setup, NULL);
}
