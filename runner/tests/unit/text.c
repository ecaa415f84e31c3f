#include "runner/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void arena_pieces_do_not_overlap(void **state)
{
    (void)state;
    char *small = arena_alloc(&arena, 3);
    char *large = arena_alloc(&arena, 100000);
    char *other = arena_alloc(&arena, 3);
    memset(large, 'x', 100000);
    assert_int_equal(small[0], 0);
    assert_int_equal(other[0], 0);
    assert_int_equal((uintptr_t)other % 16, 0);
}

static void lists_grow_and_end_with_null(void **state)
{
    (void)state;
    struct strings list = {0};
    for (int i = 0; i < 100; i++)
        strings_add(&arena, &list, arena_printf(&arena, "%d", i));
    assert_int_equal(list.count, 100);
    assert_string_equal(list.at[99], "99");
    assert_null(list.at[100]);
    assert_true(strings_hold(&list, "57"));
    assert_false(strings_hold(&list, "100"));
}

static void split_drops_empty_parts_and_join_restores(void **state)
{
    (void)state;
    struct strings list = {0};
    strings_split(&arena, &list, ",,a,bc,,d,", ",");
    assert_string_equal(strings_join(&arena, &list, "|"), "a|bc|d");
    const struct strings none = {0};
    assert_string_equal(strings_join(&arena, &none, "|"), "");
}

static void last_line_is_found_shortened_and_made_harmless(void **state)
{
    (void)state;
    assert_string_equal(text_last_line(&arena, "one\ntwo\n\n", 80), "two");
    assert_string_equal(text_last_line(&arena, "abcdef", 3), "abc");
    assert_string_equal(text_last_line(&arena, "a\033[1mb", 80), "a [1mb");
    assert_string_equal(text_last_line(&arena, "", 80), "");
}

static void numbers_are_whole_and_within_limits(void **state)
{
    (void)state;
    long number = -7;
    assert_true(text_to_long("12", 1, 12, &number));
    assert_int_equal(number, 12);
    static const char *const wrong[] = {"", "13", "0", "1x", " ", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(text_to_long(wrong[i], 1, 12, &number));
    assert_int_equal(number, 12);
}

static void files_of_unknown_size_are_read_whole(void **state)
{
    (void)state;
    const char *maps = text_read_file(&arena, "/proc/self/maps");
    assert_non_null(maps);
    assert_non_null(strstr(maps, "[stack]"));
    assert_null(text_read_file(&arena, "/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(arena_pieces_do_not_overlap, teardown),
        cmocka_unit_test_teardown(lists_grow_and_end_with_null, teardown),
        cmocka_unit_test_teardown(split_drops_empty_parts_and_join_restores, teardown),
        cmocka_unit_test_teardown(last_line_is_found_shortened_and_made_harmless, teardown),
        cmocka_unit_test_teardown(numbers_are_whole_and_within_limits, teardown),
        cmocka_unit_test_teardown(files_of_unknown_size_are_read_whole, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
