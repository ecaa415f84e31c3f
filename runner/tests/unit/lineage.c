#include "runner/subject/lineage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT_MAX = 300 };

static void every_commit_comes_once(void **state)
{
    (void)state;
    for (int count = 0; count <= COUNT_MAX; count++) {
        int order[COUNT_MAX], seen[COUNT_MAX] = {0};
        lineage_bisecting_order(count, order);
        for (int i = 0; i < count; i++) {
            assert_in_range(order[i], 0, count - 1);
            assert_int_equal(seen[order[i]]++, 0);
        }
    }
}

static void the_ends_come_first_and_then_middles(void **state)
{
    (void)state;
    static const int expected[] = {8, 0, 4, 2, 6, 1, 3, 5, 7};
    int order[9];
    lineage_bisecting_order(9, order);
    assert_memory_equal(order, expected, sizeof expected);
}

/* After 2^k + 1 of them no gap is wider than the whole by 2^k. */
static void any_beginning_is_spread_evenly(void **state)
{
    (void)state;
    int order[COUNT_MAX];
    lineage_bisecting_order(COUNT_MAX, order);
    for (int halves = 1; (1 << halves) < COUNT_MAX / 2; halves++) {
        const int taken = (1 << halves) + 1;
        for (int i = 0; i + 1 < COUNT_MAX; i++) {
            int next = COUNT_MAX;
            for (int j = 0; j < taken; j++)
                if (order[j] > i && order[j] < next)
                    next = order[j];
            assert_true(next - i <= COUNT_MAX / (1 << halves) + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_commit_comes_once),
        cmocka_unit_test(the_ends_come_first_and_then_middles),
        cmocka_unit_test(any_beginning_is_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
