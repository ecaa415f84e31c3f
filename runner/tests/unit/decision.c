#include "runner/stats/decision.h"
#include "runner/base/random.h"
#include "runner/stats/power.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int most_of(int n)
{
    return n * (n + 1) / 2;
}

/* The three critical values are the smallest that keep to their share of alpha, exactly. */
static void each_look_spends_its_share_and_no_more(void **state)
{
    (void)state;
    double spent = 0;
    for (int i = 0; i < DECISION_LOOKS; i++) {
        const struct decision_look *look = &decision_looks[i];
        const double share = look->share * DECISION_ALPHA;
        const int below = most_of(look->blocks) - look->critical;
        assert_true(stats_signed_rank_cdf(look->blocks, below) <= share);
        assert_true(stats_signed_rank_cdf(look->blocks, below + 1) > share);
        assert_int_equal(stats_signed_rank_critical(look->blocks, share), below);
        spent += share;
    }
    assert_float_equal(spent, DECISION_ALPHA, 1e-12);
    assert_true(spent * DECISION_CELLS <= 0.01 + 1e-12);
}

/* Wilcoxon's table, one-sided .005 and .05: McCornack, J. Am. Stat. Assoc. 60 (1965) 864. */
static void critical_values_of_the_one_sided_tables(void **state)
{
    (void)state;
    static const int table[][3] = {{8, 0, 5},    {10, 3, 10},   {12, 7, 17},   {15, 15, 30},
                                   {20, 37, 60}, {25, 68, 100}, {30, 109, 151}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(stats_signed_rank_critical(table[i][0], 0.005), table[i][1]);
        assert_int_equal(stats_signed_rank_critical(table[i][0], 0.05), table[i][2]);
    }
}

static void fill(double *differences, int n, double centre, double spread)
{
    for (int i = 0; i < n; i++)
        differences[i] = centre + spread * ((i * 7 % n + 0.5) / n - 0.5);
}

static void a_clear_slowdown_is_told_at_the_first_look(void **state)
{
    (void)state;
    double d[DECISION_BLOCKS_MAX];
    fill(d, 48, 0.08, 0.06);
    assert_int_equal(decision_make(d, 11, 48, 0.03).verdict, DECISION_OPEN);
    const struct decision decision = decision_make(d, 12, 48, 0.03);
    assert_int_equal(decision.verdict, DECISION_REGRESSED);
    assert_int_equal(decision.look, 1);
    assert_int_equal(decision.statistic, 78);
    assert_float_equal(decision.p, 1.0 / 4096, 1e-15);
    assert_true(decision.shift.low > 0);
}

/* One block on the other side is enough to leave the first look open: W+ = 78 needs all twelve. */
static void the_first_look_needs_every_block(void **state)
{
    (void)state;
    double d[DECISION_BLOCKS_MAX];
    fill(d, 48, 0.08, 0.06);
    d[5] = -0.001;
    assert_int_equal(decision_make(d, 12, 48, 0.03).verdict, DECISION_OPEN);
    assert_int_equal(decision_make(d, 24, 48, 0.03).verdict, DECISION_REGRESSED);
    assert_int_equal(decision_make(d, 24, 48, 0.03).look, 2);
}

/* Surely slower, but by less than delta: no alarm, and no proof while the limit is above. */
static void a_change_below_delta_is_no_regression(void **state)
{
    (void)state;
    double d[DECISION_BLOCKS_MAX];
    fill(d, 48, 0.02, 0.03);
    struct decision decision = decision_make(d, 12, 48, 0.03);
    assert_true(decision.shift.low > 0);
    assert_int_equal(decision.verdict, DECISION_OPEN);
    decision = decision_make(d, 48, 48, 0.03);
    assert_int_equal(decision.verdict, DECISION_PROVEN);
    assert_true(decision.shift.high < log1p(0.03));
}

static void what_stays_open_is_inconclusive_in_the_end(void **state)
{
    (void)state;
    double d[DECISION_BLOCKS_MAX];
    fill(d, 48, 0.03, 0.4);
    assert_int_equal(decision_make(d, 47, 48, 0.03).verdict, DECISION_OPEN);
    assert_int_equal(decision_make(d, 48, 48, 0.03).verdict, DECISION_INCONCLUSIVE);
    assert_int_equal(decision_make(d, 2, 2, 0.03).verdict, DECISION_INCONCLUSIVE);
    assert_int_equal(decision_make(d, 2, 2, 0.03).look, 0);
    assert_int_equal(decision_make(d, 24, 24, 0.03).verdict, DECISION_INCONCLUSIVE);
}

static void a_verdict_does_not_change_with_later_blocks(void **state)
{
    (void)state;
    double d[DECISION_BLOCKS_MAX];
    fill(d, 12, 0.08, 0.06);
    for (int i = 12; i < 48; i++)
        d[i] = -0.5;
    assert_int_equal(decision_make(d, 48, 48, 0.03).verdict, DECISION_REGRESSED);
    assert_int_equal(decision_make(d, 48, 48, 0.03).blocks, 12);
}

/* Noise as ugly as a shared machine's: a drift, bursts of steal, a heavy tail. Only the sign is
 * fair, because a coin chose the labels. */
static double ugly(struct random *random, int block)
{
    const double u = ((double)random_below(random, 1u << 30) + 0.5) / (1u << 30);
    double size = 0.004 / u * (1 + 0.1 * block);
    if (random_below(random, 10) == 0)
        size += 0.5;
    return random_below(random, 2) == 0 ? size : -size;
}

/* The whole rule with nothing to soften it (delta 0): at most .00125 of the cells may alarm. With
 * 8000 cells the count is 10 on average at the limit; 23 is four standard deviations above. That
 * some alarm shows that the test can fail. */
static void false_alarms_stay_within_the_budget(void **state)
{
    (void)state;
    struct random random = random_from_seed(20260101);
    int alarms = 0;
    for (int cell = 0; cell < 8000; cell++) {
        double d[DECISION_BLOCKS_MAX];
        for (int i = 0; i < DECISION_BLOCKS_MAX; i++)
            d[i] = ugly(&random, i);
        alarms += decision_make(d, DECISION_BLOCKS_MAX, DECISION_BLOCKS_MAX, 0).verdict ==
                  DECISION_REGRESSED;
    }
    assert_in_range(alarms, 2, 23);
}

/* A slowdown of five times the noise is found nearly always, one below delta hardly ever. */
static void power_grows_with_the_effect(void **state)
{
    (void)state;
    static struct power power;
    double d[40];
    fill(d, 40, 0.01, 0.04);
    assert_true(power_simulate(d, 40, 48, 1, &power));
    assert_true(power_detection(&power, 0.03, 0.08) > 0.99);
    assert_true(power_detection(&power, 0.03, 0.02) < 0.05);
    assert_true(power_detection(&power, 0.03, 0) == 0);
    const double detectable = power_detectable(&power, 0.03, 0.9);
    assert_true(detectable > 0.03 && detectable < 0.05);
    assert_true(power_detection(&power, 0.03, detectable) >= 0.9);
    /* Fewer blocks see less; fewer than a look, or no noise to draw from, nothing. */
    assert_true(power_simulate(d, 40, 12, 1, &power));
    assert_true(power_detectable(&power, 0.03, 0.9) >= detectable);
    assert_false(power_simulate(d, 40, 11, 1, &power));
    assert_false(power_simulate(d, 5, 48, 1, &power));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_look_spends_its_share_and_no_more),
        cmocka_unit_test(critical_values_of_the_one_sided_tables),
        cmocka_unit_test(a_clear_slowdown_is_told_at_the_first_look),
        cmocka_unit_test(the_first_look_needs_every_block),
        cmocka_unit_test(a_change_below_delta_is_no_regression),
        cmocka_unit_test(what_stays_open_is_inconclusive_in_the_end),
        cmocka_unit_test(a_verdict_does_not_change_with_later_blocks),
        cmocka_unit_test(false_alarms_stay_within_the_budget),
        cmocka_unit_test(power_grows_with_the_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
