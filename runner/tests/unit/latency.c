#include "runner/measure/latency.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct work_page page;

static int setup(void **state)
{
    (void)state;
    memset(&page, 0, sizeof page);
    page.head.ns_per_tick = 0.5;
    page.head.overhead_ticks = 40;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void put(struct work_histogram *histogram, uint64_t ticks)
{
    histogram->timed++;
    histogram->buckets[histogram_bucket(ticks)]++;
    if (ticks > histogram->max_ticks)
        histogram->max_ticks = ticks;
}

/* Every number has one bucket, every bucket but the last holds what lies between the last one's
 * largest number and its own, and none is wider than a hundredth of its smallest number. */
static void buckets_are_neighbours_and_narrow(void **state)
{
    (void)state;
    uint64_t below = 0;
    for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        const uint64_t low = bucket == 0 ? 0 : below + 1, high = histogram_upper(bucket);
        assert_true(high >= low);
        assert_int_equal(histogram_bucket(low), bucket);
        assert_int_equal(histogram_bucket(high), bucket);
        assert_true(100 * (high - low + 1) <= low || high == low);
        below = high;
    }
    assert_int_equal(below, (UINT64_C(1) << HISTOGRAM_BITS) - 1);
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    assert_int_equal(histogram_bucket(below + 1), HISTOGRAM_BUCKETS - 1);
}

static int compare(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* The oracle is the sorted list of all numbers: a quantile is the upper end of the bucket of the
 * number in place ceil(q n), so it is that number or at most 1 % more. */
static void quantiles_are_those_of_the_sorted_numbers(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static uint64_t numbers[COUNT];
    struct work_histogram *histogram = &page.operations[WORK_FREE];
    uint64_t draw = 12345;
    for (int i = 0; i < COUNT; i++) {
        draw = draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        numbers[i] = (draw >> 20) >> (draw % 40); /* from 0 to 2^44, small ones more often */
        put(histogram, numbers[i]);
    }
    qsort(numbers, COUNT, sizeof *numbers, compare);
    static const double quantiles[] = {0.0001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9998, 1};
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        const uint64_t exact = numbers[(size_t)ceil(quantiles[i] * COUNT) - 1];
        const uint64_t told = latency_quantile(histogram, quantiles[i]);
        assert_int_equal(told, histogram_upper(histogram_bucket(exact)));
        assert_true(exact >> HISTOGRAM_BITS != 0 ||
                    (told >= exact && (double)told <= 1.01 * (double)exact));
    }
    assert_int_equal(latency_quantile(&page.operations[WORK_MALLOC], 0.5), 0);
}

static void rows_are_of_what_was_timed_in_nanoseconds(void **state)
{
    (void)state;
    struct latency rows[WORK_OPERATIONS];
    put(&page.operations[WORK_MALLOC], 20);
    put(&page.operations[WORK_MALLOC], 20);
    put(&page.operations[WORK_MALLOC], 1000); /* in a bucket that ends at 1003 */
    page.operations[WORK_MALLOC].count = 200;
    put(&page.operations[WORK_REALLOC], 7);
    page.operations[WORK_FREE].count = 5; /* none of them timed */
    assert_int_equal(latency_read(&arena, &page, rows), 2);
    assert_string_equal(rows[0].operation, "malloc");
    assert_int_equal(rows[0].count, 200);
    assert_int_equal(rows[0].timed, 3);
    assert_float_equal(rows[0].overhead_ns, 20, 1e-9);
    assert_float_equal(rows[0].p50_ns, 10, 1e-9);
    assert_float_equal(rows[0].p99_ns, 500, 1e-9); /* never above the maximum, which is exact */
    assert_float_equal(rows[0].max_ns, 500, 1e-9);
    assert_string_equal(rows[0].buckets, "[[10.00,2],[501.50,1]]");
    assert_string_equal(rows[1].operation, "realloc");
}

/* It was killed between two additions: what is in the buckets counts. */
static void a_page_that_was_left_in_the_middle_is_read(void **state)
{
    (void)state;
    struct latency rows[WORK_OPERATIONS];
    put(&page.operations[WORK_FREE], 100);
    page.operations[WORK_FREE].timed = 2;
    page.operations[WORK_FREE].max_ticks = 300;
    assert_int_equal(latency_read(&arena, &page, rows), 1);
    assert_int_equal(rows[0].timed, 1);
    assert_float_equal(rows[0].p999_ns, 50, 1e-9);
    page.head.ns_per_tick = 0; /* and before its clock was known */
    assert_int_equal(latency_read(&arena, &page, rows), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_are_neighbours_and_narrow),
        cmocka_unit_test_setup_teardown(quantiles_are_those_of_the_sorted_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_are_of_what_was_timed_in_nanoseconds, setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_that_was_left_in_the_middle_is_read, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
