/* The shared pool: the states of a slab, and that its blocks are counted right on every way. */
#include "allocator/tests/unit/unit.h"

#include "allocator/base/layout.h"
#include "allocator/base/size_class.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/fence.h"
#include "allocator/space/registry.h"
#include "allocator/space/window.h"

enum { CLASS = 6 };

static void *block(struct slab *slab, uint32_t index)
{
    unsigned class = slab_class(slab);
    return layout_block(slab_start(slab), class, slab->stride, index).p;
}

/* As if every block had been carved and handed out. */
static void hand_out_all(struct slab *slab)
{
    atomic_store(&slab->carved, slab->capacity);
    pin_add(slab, (int32_t)slab->capacity);
}

static void push_one(struct slab *slab, uint32_t index)
{
    void *p = block(slab, index);
    pool_push(slab, slab_class(slab), p, p, 1);
}

/* All that an ACE region has beside the slab records. */
static void fill_region(struct superslab *superslab, int byte)
{
    char *start = (char *)superslab;
    memset(start + HAK_PAGE, byte, HAK_PAGE);
    memset(start + FENCE_REGION_FIRST * HAK_PAGE, byte, FENCE_REGION_PAGES * HAK_PAGE);
}

static int setup(void **state)
{
    (void)state;
    static bool ready;
    if (!ready) {
        size_class_init();
        window_init();
        ready = true;
    }
    return 0;
}

static void acquired_slab_is_held_and_registered(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    assert_non_null(slab);
    assert_int_equal(slab_state(slab), SLAB_HELD);
    assert_int_equal(slab_class(slab), CLASS);
    assert_int_equal(slab->capacity, size_classes[CLASS].capacity);
    assert_ptr_equal(slab_of(block(slab, 0)), slab);
    assert_int_equal(registry_bin(block(slab, 0)), CLASS + 1);
    assert_int_equal(registry_find(slab_start(slab)).kind, REGISTRY_SUPERSLAB);
    pool_release(slab);
    assert_int_equal(slab_state(slab), SLAB_EMPTY);
    assert_int_equal(registry_bin((char *)slab_start(slab) + 64), 0);
}

static void empty_slab_serves_another_class(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    pool_release(slab);
    struct slab *again = pool_acquire(CLASS + 1);
    assert_ptr_equal(again, slab);
    assert_int_equal(slab_class(again), CLASS + 1);
    assert_int_equal(again->stride, size_classes[CLASS + 1].stride);
    pool_release(again);
}

static void parked_slab_wakes_at_the_threshold_and_empties_at_the_last(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    hand_out_all(slab);
    assert_true(pool_park(slab));
    assert_int_equal(slab_state(slab), SLAB_FULL);
    uint32_t wake = size_classes[CLASS].wake;
    for (uint32_t i = 0; i < slab->capacity; i++) {
        assert_int_equal(slab_state(slab), i < wake ? SLAB_FULL : SLAB_PARTIAL);
        push_one(slab, i);
    }
    assert_int_equal(slab_state(slab), SLAB_EMPTY);
}

static void partial_slab_comes_back_with_its_blocks(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    hand_out_all(slab);
    assert_true(pool_park(slab));
    uint32_t wake = size_classes[CLASS].wake;
    for (uint32_t i = 0; i < wake; i++)
        push_one(slab, i);
    struct slab *again = pool_acquire(CLASS);
    assert_ptr_equal(again, slab);
    assert_int_equal(again->free_count, wake);
    uint32_t walked = 0;
    for (void *p = again->free; p; p = *(void **)p)
        walked++;
    assert_int_equal(walked, wake);
    /* The rest comes back while it is held: it must not be listed behind the holder's back. */
    for (uint32_t i = wake; i < slab->capacity; i++)
        push_one(slab, i);
    assert_int_equal(slab_state(slab), SLAB_HELD);
    assert_int_equal(remote_count(atomic_load(&slab->remote)), slab->capacity - wake);
    pool_release(slab);
    assert_int_equal(slab_state(slab), SLAB_EMPTY);
}

static void park_fails_when_a_block_has_come_back(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    hand_out_all(slab);
    push_one(slab, 3);
    assert_false(pool_park(slab));
    assert_int_equal(slab_state(slab), SLAB_HELD);
    struct chain chain = remote_take(slab);
    assert_int_equal(chain.count, 1);
    assert_ptr_equal(chain.head, block(slab, 3));
    pin_add(slab, 1);
    assert_true(pool_park(slab));
    for (uint32_t i = 0; i < slab->capacity; i++)
        push_one(slab, i);
    assert_int_equal(slab_state(slab), SLAB_EMPTY);
}

static void release_of_a_half_used_slab_is_partial(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    atomic_store(&slab->carved, 10);
    pin_add(slab, 10);
    pool_release(slab);
    assert_int_equal(slab_state(slab), SLAB_PARTIAL);
    struct slab *again = pool_acquire(CLASS);
    assert_ptr_equal(again, slab);
    assert_int_equal(atomic_load(&again->carved), 10);
    pool_release(again);
    for (uint32_t i = 0; i < 10; i++)
        push_one(slab, i);
    assert_int_equal(slab_state(slab), SLAB_EMPTY);
}

static void offered_slabs_are_found_before_the_stock(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    pool_offer(slab);
    assert_int_equal(slab_state(slab), SLAB_PARTIAL);
    assert_ptr_equal(pool_acquire(CLASS), slab);
    pool_release(slab);
}

static void purged_slab_reads_as_zero(void **state)
{
    (void)state;
    struct slab *keeper = pool_acquire(CLASS); /* else the whole SuperSlab would be given back */
    struct slab *slab = pool_acquire(CLASS);
    memset(slab_start(slab), 0xaa, HAK_SLAB);
    pool_release(slab);
    assert_true(pool_idle_bytes() >= HAK_SLAB);
    struct budget all = {.left = BUDGET_ALL};
    assert_true(pool_purge(UINT64_MAX - 1, &all) >= HAK_SLAB);
    assert_int_equal(pool_idle_bytes(), 0);
    assert_int_equal(*(char *)slab_start(slab), 0);
    pool_release(keeper);
}

/* A SuperSlab of which nothing is used any more serves ACE, and comes back from there. */
static void whole_superslab_changes_its_kind(void **state)
{
    (void)state;
    struct slab *slab = pool_acquire(CLASS);
    struct superslab *superslab = superslab_of(slab);
    uint64_t made = superslab_bytes();
    pool_release(slab);
    assert_int_equal(atomic_load(&superslab->kind), SUPERSLAB_SPARE);
    assert_ptr_equal(superslab_take(SUPERSLAB_ACE), superslab);
    fill_region(superslab, 0xaa);
    superslab->dirty = SUPERSLAB_ALL;
    superslab_give(superslab);
    struct budget all = {.left = BUDGET_ALL};
    assert_int_equal(superslab_purge(UINT64_MAX - 1, &all), 31 * HAK_SLAB);
    assert_int_equal(superslab->dirty, 0);
    assert_int_equal(*((char *)superslab + HAK_PAGE), 0);
    struct slab *again = pool_acquire(CLASS);
    assert_ptr_equal(superslab_of(again), superslab);
    assert_int_equal(superslab_bytes(), made);
    pool_release(again);
}

static void many_slabs_are_all_different_and_all_return(void **state)
{
    (void)state;
    enum { MANY = 100 };
    struct slab *slabs[MANY];
    uint64_t before = pool_used_bytes();
    for (int i = 0; i < MANY; i++) {
        slabs[i] = pool_acquire(CLASS);
        assert_non_null(slabs[i]);
        for (int j = 0; j < i; j++)
            assert_ptr_not_equal(slabs[i], slabs[j]);
    }
    assert_int_equal(pool_used_bytes() - before, MANY * HAK_SLAB);
    for (int i = 0; i < MANY; i++)
        pool_release(slabs[i]);
    assert_int_equal(pool_used_bytes(), before);
}

/* Out of address space: all that is spare but one shrinks to its records, and returns. */
static void hollow_superslab_comes_back(void **state)
{
    (void)state;
    enum { MANY = 40 };
    struct superslab *all[MANY];
    for (int i = 0; i < MANY; i++)
        assert_non_null(all[i] = superslab_take(SUPERSLAB_ACE));
    for (int i = 0; i < MANY; i++) {
        all[i]->dirty = SUPERSLAB_ALL;
        superslab_give(all[i]);
    }
    superslab_hollow_out();
    for (int i = 0; i < MANY; i++) {
        struct superslab *superslab = superslab_take(SUPERSLAB_ACE);
        assert_int_equal(registry_find(superslab).kind, REGISTRY_SUPERSLAB);
        assert_int_equal(slab_state((struct slab *)superslab + 5), SLAB_EMPTY);
        fill_region(superslab, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acquired_slab_is_held_and_registered),
        cmocka_unit_test(empty_slab_serves_another_class),
        cmocka_unit_test(parked_slab_wakes_at_the_threshold_and_empties_at_the_last),
        cmocka_unit_test(partial_slab_comes_back_with_its_blocks),
        cmocka_unit_test(park_fails_when_a_block_has_come_back),
        cmocka_unit_test(release_of_a_half_used_slab_is_partial),
        cmocka_unit_test(offered_slabs_are_found_before_the_stock),
        cmocka_unit_test(purged_slab_reads_as_zero),
        cmocka_unit_test(whole_superslab_changes_its_kind),
        cmocka_unit_test(hollow_superslab_comes_back),
        cmocka_unit_test(many_slabs_are_all_different_and_all_return),
    };
    return cmocka_run_group_tests_name("pool", tests, setup, NULL);
}
