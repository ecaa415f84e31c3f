#include "runner/stats/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_close(double value, double expected)
{
    assert_float_equal(value, expected, 1e-12);
}

static void median_of_odd_and_even_counts(void **state)
{
    (void)state;
    assert_close(stats_median((const double[]){3, 1, 2}, 3), 2);
    assert_close(stats_median((const double[]){4, 1, 3, 2}, 4), 2.5);
    assert_close(stats_median((const double[]){7}, 1), 7);
}

/* Tables of the binomial: n = 6 reaches 1 - 2/64; n = 8 as well with the extremes only (its next
 * interval has 1 - 18/256 < .95); n = 10 takes the second and ninth with 1 - 22/1024. */
static void median_interval_has_the_coverage_it_says(void **state)
{
    (void)state;
    const double values[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    const struct interval three = stats_median_interval(values, 3, 0.95);
    assert_close(three.low, 8);
    assert_close(three.high, 10);
    assert_close(three.coverage, 0.75);
    const struct interval six = stats_median_interval(values, 6, 0.95);
    assert_close(six.low, 5);
    assert_close(six.high, 10);
    assert_close(six.coverage, 1 - 2.0 / 64);
    const struct interval eight = stats_median_interval(values, 8, 0.95);
    assert_close(eight.low, 3);
    assert_close(eight.coverage, 1 - 2.0 / 256);
    const struct interval ten = stats_median_interval(values, 10, 0.95);
    assert_close(ten.estimate, 5.5);
    assert_close(ten.low, 2);
    assert_close(ten.high, 9);
    assert_float_equal(ten.coverage, 1 - 22.0 / 1024, 1e-9);
    assert_close(stats_median_interval(values, 1, 0.95).coverage, 0);
}

/* n = 3: W takes 0..6 with counts 1 1 1 2 1 1 1 of 8. */
static void signed_rank_distribution_of_small_n(void **state)
{
    (void)state;
    static const double counts[] = {1, 1, 1, 2, 1, 1, 1};
    double sum = 0;
    for (int w = 0; w <= 6; w++) {
        sum += counts[w];
        assert_close(stats_signed_rank_cdf(3, w), sum / 8);
    }
    assert_close(stats_signed_rank_cdf(3, -1), 0);
    assert_close(stats_signed_rank_cdf(3, 99), 1);
}

/* The printed tables of the two-sided 5 % point, and none below six. */
static void signed_rank_critical_values_of_the_tables(void **state)
{
    (void)state;
    static const int table[][2] = {{6, 0},  {7, 2},   {8, 3},   {9, 5},
                                   {10, 8}, {12, 13}, {20, 52}, {25, 89}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(stats_signed_rank_critical(table[i][0], 0.025), table[i][1]);
    assert_int_equal(stats_signed_rank_critical(5, 0.025), -1);
    assert_true(stats_signed_rank_critical(STATS_SIGNED_RANK_MAX, 0.025) > 0);
    assert_int_equal(stats_signed_rank_critical(STATS_SIGNED_RANK_MAX + 1, 0.025), -1);
}

/* Hollander, Wolfe, Chicken example 3.1 (depression scale, nine patients): estimate -.46,
 * interval of 96.1 % from -.786 to -.010, by their (Y - X). */
static void hodges_lehmann_of_a_published_example(void **state)
{
    (void)state;
    const double x[] = {1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
    const double y[] = {.878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double differences[9];
    for (int i = 0; i < 9; i++)
        differences[i] = y[i] - x[i];
    struct interval interval;
    assert_true(stats_hodges_lehmann(differences, 9, 0.95, &interval));
    assert_float_equal(interval.estimate, -0.46, 1e-9);
    assert_float_equal(interval.low, -0.786, 1e-9);
    assert_float_equal(interval.high, -0.010, 1e-9);
    assert_float_equal(interval.coverage, 0.961, 5e-4);
}

static void swapping_labels_flips_the_estimate(void **state)
{
    (void)state;
    const double d[] = {.1, -.2, .3, .05, .07, -.01, .2};
    double flipped[7];
    for (int i = 0; i < 7; i++)
        flipped[i] = -d[i];
    struct interval a, b;
    assert_true(stats_hodges_lehmann(d, 7, 0.95, &a));
    assert_true(stats_hodges_lehmann(flipped, 7, 0.95, &b));
    assert_close(a.estimate, -b.estimate);
    assert_close(a.low, -b.high);
    assert_close(a.high, -b.low);
}

static void too_few_blocks_have_no_interval(void **state)
{
    (void)state;
    const double d[] = {1, 2, 3, 4, 5};
    struct interval interval;
    assert_false(stats_hodges_lehmann(d, 5, 0.95, &interval));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_of_odd_and_even_counts),
        cmocka_unit_test(median_interval_has_the_coverage_it_says),
        cmocka_unit_test(signed_rank_distribution_of_small_n),
        cmocka_unit_test(signed_rank_critical_values_of_the_tables),
        cmocka_unit_test(hodges_lehmann_of_a_published_example),
        cmocka_unit_test(swapping_labels_flips_the_estimate),
        cmocka_unit_test(too_few_blocks_have_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
