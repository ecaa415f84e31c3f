/* The page bitmap against a plain array, and the registry. */
#include "allocator/tests/unit/unit.h"

#include "allocator/base/bitmap.h"
#include "allocator/base/os.h"
#include "allocator/space/registry.h"

#define HAK_REGION_PAGES 512u

static uint32_t plain_find_run(const unsigned char *plain, uint32_t count, uint32_t step)
{
    for (uint32_t start = 0; start + count <= HAK_REGION_PAGES; start += step) {
        uint32_t n = 0;
        while (n < count && plain[start + n])
            n++;
        if (n == count)
            return start;
    }
    return HAK_REGION_PAGES;
}

static uint32_t plain_longest(const unsigned char *plain)
{
    uint32_t longest = 0, n = 0;
    for (uint32_t i = 0; i < HAK_REGION_PAGES; i++) {
        n = plain[i] ? n + 1 : 0;
        longest = n > longest ? n : longest;
    }
    return longest;
}

static void bitmap_agrees_with_a_plain_array(void **state)
{
    (void)state;
    uint64_t map[HAK_REGION_PAGES / 64] = {0};
    unsigned char plain[HAK_REGION_PAGES] = {0};
    uint64_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        uint32_t first = (uint32_t)(random_next(&seed) % HAK_REGION_PAGES);
        uint32_t room = HAK_REGION_PAGES - first;
        uint32_t count = (uint32_t)(random_next(&seed) % (room < 130 ? room : 130)) + 1;
        if (count > room)
            count = room;
        int value = (int)(random_next(&seed) & 1);
        bitmap_set(map, first, count, value);
        memset(plain + first, value, count);
        assert_int_equal(bitmap_longest(map, HAK_REGION_PAGES), plain_longest(plain));
        uint32_t want = (uint32_t)(random_next(&seed) % 64) + 1;
        for (uint32_t step = 1; step <= 64; step *= 8)
            assert_int_equal(bitmap_find_run(map, HAK_REGION_PAGES, want, step),
                             plain_find_run(plain, want, step));
        assert_int_equal(bitmap_all(map, HAK_REGION_PAGES, first, count), value);
    }
}

static void registry_finds_what_was_entered(void **state)
{
    (void)state;
    const uintptr_t places[] = {HAK_SUPERSLAB, 5ul << 30, 0x7fffffe00000ul};
    for (size_t i = 0; i < 3; i++) {
        void *place = (void *)places[i];
        assert_int_equal(registry_find(place).kind, REGISTRY_NONE);
        assert_true(registry_insert(place, REGISTRY_HUGE, place));
        struct registry_entry entry = registry_find((char *)place + HAK_SUPERSLAB - 1);
        assert_int_equal(entry.kind, REGISTRY_HUGE);
        assert_ptr_equal(entry.owner, place);
        assert_int_equal(registry_find((char *)place - 1).kind, REGISTRY_NONE);
        registry_remove(place);
        assert_int_equal(registry_find(place).kind, REGISTRY_NONE);
    }
}

static void registry_refuses_what_is_no_user_address(void **state)
{
    (void)state;
    void *kernel = (void *)0xffff800000000000ul;
    assert_int_equal(registry_find(kernel).kind, REGISTRY_NONE);
    assert_false(registry_insert(kernel, REGISTRY_HUGE, NULL));
}

static void registry_full_is_refused_and_recovers(void **state)
{
    (void)state;
    for (uintptr_t i = 1; i <= HAK_REGISTRY_CAPACITY; i++)
        assert_true(registry_insert((void *)(i * HAK_SUPERSLAB), REGISTRY_HUGE, (void *)64));
    void *next = (void *)((HAK_REGISTRY_CAPACITY + 1) * HAK_SUPERSLAB);
    assert_false(registry_insert(next, REGISTRY_HUGE, (void *)64));
    assert_int_equal(registry_find(next).kind, REGISTRY_NONE);
    assert_int_equal(registry_find((void *)(77 * HAK_SUPERSLAB)).kind, REGISTRY_HUGE);
    registry_remove((void *)(77 * HAK_SUPERSLAB));
    assert_true(registry_insert(next, REGISTRY_HUGE, (void *)64));
    registry_remove(next);
    for (uintptr_t i = 1; i <= HAK_REGISTRY_CAPACITY; i++)
        if (i != 77)
            registry_remove((void *)(i * HAK_SUPERSLAB));
}

static void class_map_answers_only_inside_the_window(void **state)
{
    (void)state;
    char *window = os_map_aligned(HAK_SUPERSLAB, HAK_SUPERSLAB); /* a place that is free */
    os_unmap(window, HAK_SUPERSLAB);
    assert_int_equal(registry_bin(NULL), 0);
    registry_set_window(window);
    assert_true(registry_cover(window));
    registry_set_bin(window + 5 * HAK_SLAB, 9);
    assert_int_equal(registry_bin(window + 5 * HAK_SLAB), 9);
    assert_int_equal(registry_bin(window + 6 * HAK_SLAB - 1), 9);
    assert_int_equal(registry_bin(window + 6 * HAK_SLAB), 0);
    assert_int_equal(registry_bin(window - 1), 0);
    assert_int_equal(registry_bin(window + HAK_WINDOW), 0);
    registry_set_bin(window + HAK_WINDOW, 9); /* outside: nothing to set */
    assert_int_equal(registry_bin(window + HAK_WINDOW), 0);
    assert_int_equal(registry_bin(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitmap_agrees_with_a_plain_array),
        cmocka_unit_test(registry_finds_what_was_entered),
        cmocka_unit_test(registry_refuses_what_is_no_user_address),
        cmocka_unit_test(registry_full_is_refused_and_recovers),
        cmocka_unit_test(class_map_answers_only_inside_the_window),
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
