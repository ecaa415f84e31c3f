#include "runner/stats/bisect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT_MAX = 130 };

static enum bisect_state states[COUNT_MAX];

static struct bisect begin(int count)
{
    for (int i = 0; i < count; i++)
        states[i] = BISECT_UNKNOWN;
    return (struct bisect){.states = states, .count = count};
}

/* The number of trials until nothing is left, every answer right. */
static int search(struct bisect *bisect, int guilty, enum bisect_state odd, int every)
{
    int trials = 0;
    for (int next; (next = bisect_next(bisect)) >= 0; trials++)
        bisect->states[next] = every > 0 && next % every == 0 ? odd
                               : next >= guilty               ? BISECT_BAD
                                                              : BISECT_GOOD;
    return trials;
}

static void the_guilty_commit_is_found_in_a_few_trials(void **state)
{
    (void)state;
    for (int count = 2; count <= COUNT_MAX; count++)
        for (int guilty = 1; guilty < count; guilty++) {
            struct bisect bisect = begin(count);
            int good, bad, trials_most = 0;
            for (int left = count - 1; left > 1; left = (left + 1) / 2)
                trials_most++;
            assert_in_range(search(&bisect, guilty, BISECT_UNKNOWN, 0), 0, trials_most);
            assert_true(bisect_is_found(&bisect));
            bisect_ends(&bisect, &good, &bad);
            assert_int_equal(bad, guilty);
            assert_int_equal(good, guilty - 1);
        }
}

/* Whatever is skipped or unsure, the guilty commit is never outside of what is left, and what is
 * left beside it was tried in vain. */
static void without_an_answer_a_range_is_left(void **state)
{
    (void)state;
    for (int guilty = 1; guilty < 40; guilty++)
        for (int every = 2; every < 6; every++) {
            struct bisect bisect = begin(40);
            int good, bad;
            search(&bisect, guilty, every % 2 == 0 ? BISECT_SKIPPED : BISECT_UNSURE, every);
            bisect_ends(&bisect, &good, &bad);
            assert_true(good < guilty && guilty <= bad);
            for (int i = good + 1; i < bad; i++)
                assert_int_equal(i % every, 0);
            assert_int_equal(bisect_is_found(&bisect), bad == good + 1);
        }
}

static void two_commits_need_no_trial(void **state)
{
    (void)state;
    struct bisect bisect = begin(2);
    assert_int_equal(bisect_next(&bisect), -1);
    assert_true(bisect_is_found(&bisect));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guilty_commit_is_found_in_a_few_trials),
        cmocka_unit_test(without_an_answer_a_range_is_left),
        cmocka_unit_test(two_commits_need_no_trial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
