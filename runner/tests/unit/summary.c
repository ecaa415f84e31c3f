#include "runner/store/summary.h"
#include "runner/base/style.h"
#include "runner/store/pairs.h"
#include "runner/store/select.h"
#include "runner/subject/options.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct problem problem;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct sample make_sample(int cell, enum sample_status status, int64_t ops)
{
    return (struct sample){.cell = cell,
                           .status = status,
                           .reason = status == SAMPLE_OK ? NULL : "why",
                           .ops = ops,
                           .elapsed_ns = 1000000000,
                           .wall_ns = 2000000000,
                           .peak_rss = 4096};
}

static struct cell make_cell(const char *name, enum allocator_kind kind)
{
    return (struct cell){.allocator = {.name = name, .kind = kind}, .workload = "w", .side = ""};
}

static void lines_are_sorted_and_only_good_samples_are_numbers(void **state)
{
    (void)state;
    struct cell list[] = {make_cell("hakmem", ALLOCATOR_HAKMEM), make_cell("p", ALLOCATOR_PEER),
                          make_cell("glibc", ALLOCATOR_GLIBC), make_cell("gone", ALLOCATOR_PEER),
                          make_cell("sick", ALLOCATOR_PEER)};
    list[3].allocator.missing = "apt-get install gone";
    const struct cells cells = {.at = list, .count = 5};
    struct sample at[] = {
        make_sample(0, SAMPLE_OK, 300),    make_sample(1, SAMPLE_OK, 200),
        make_sample(2, SAMPLE_OK, 400),    make_sample(0, SAMPLE_OK, 320),
        make_sample(0, SAMPLE_OK, 310),    make_sample(1, SAMPLE_VOID, 999999),
        make_sample(4, SAMPLE_CRASH, 5e6), make_sample(4, SAMPLE_TIMEOUT, 5e6),
    };
    const struct samples samples = {.at = at, .count = 8};
    const struct summary summary = summary_make(&arena, &cells, &samples, SUMMARY_RATE);
    assert_int_equal(summary.count, 5);
    static const char *const order[] = {"glibc", "hakmem", "p", "sick", "gone"};
    for (int i = 0; i < 5; i++)
        assert_string_equal(summary.lines[i].cell->allocator.name, order[i]);
    assert_float_equal(summary.lines[1].value.estimate, 310, 0);
    assert_float_equal(summary.lines[1].ratio, 310.0 / 400, 1e-12);
    assert_float_equal(summary.lines[2].value.estimate, 200, 0);
    assert_int_equal(summary.lines[3].counts[SAMPLE_CRASH], 1);
    assert_int_equal(summary_exit_code(&summary), EXIT_CRASH);
}

static void exit_codes_follow_the_worst(void **state)
{
    (void)state;
    struct cell cell = make_cell("p", ALLOCATOR_PEER);
    const struct cells cells = {.at = &cell, .count = 1};
    struct sample sample = make_sample(0, SAMPLE_OK, 5);
    const struct samples samples = {.at = &sample, .count = 1};
    struct summary summary = summary_make(&arena, &cells, &samples, SUMMARY_RATE);
    assert_int_equal(summary_exit_code(&summary), EXIT_PASS);
    sample.corruptions = 1;
    summary = summary_make(&arena, &cells, &samples, SUMMARY_RATE);
    assert_int_equal(summary_exit_code(&summary), EXIT_CRASH);
    sample = make_sample(0, SAMPLE_VOID, 5);
    summary = summary_make(&arena, &cells, &samples, SUMMARY_RATE);
    assert_int_equal(summary_exit_code(&summary), EXIT_INCONCLUSIVE);
    sample = make_sample(0, SAMPLE_FAILED, 5);
    sample.exit_code = EXIT_CRASH;
    summary = summary_make(&arena, &cells, &samples, SUMMARY_RATE);
    assert_int_equal(summary_exit_code(&summary), EXIT_CRASH);
    summary = summary_make(&arena, &cells, &samples, SUMMARY_WALL);
    assert_int_equal(summary_exit_code(&summary), EXIT_INCONCLUSIVE);
}

/* B takes exactly twice the time of A in every block, whatever the drift. */
static void a_paired_ratio_is_time_of_b_by_time_of_a(void **state)
{
    (void)state;
    const struct plan plan = plan_paired_blocks(&arena, 1, 8, 5);
    struct sample *at = arena_alloc(&arena, 32 * sizeof *at);
    for (int i = 0; i < 32; i++) {
        at[i] = make_sample(plan.at[i].cell, SAMPLE_OK, 1000);
        at[i].position = i;
        at[i].elapsed_ns = (plan.at[i].cell == 1 ? 2000 : 1000) * (1 + plan.at[i].block);
    }
    struct samples samples = {.at = at, .count = 32};
    double differences[8];
    struct pairs_result result;
    assert_true(pairs_differences(&arena, &plan, &samples, 0, 8, differences));
    assert_true(pairs_compare(differences, 8, &result));
    assert_float_equal(result.ratio.estimate, 2, 1e-9);
    assert_float_equal(result.ratio.low, 2, 1e-9);
    assert_float_equal(result.ratio.high, 2, 1e-9);
    assert_int_equal(result.blocks, 8);
    at[5].status = SAMPLE_CRASH;
    assert_false(pairs_differences(&arena, &plan, &samples, 0, 8, differences));
    samples.count = 5;
    assert_false(pairs_differences(&arena, &plan, &samples, 0, 8, differences));
}

static const char * override(const char *row, const char *extra)
{
    struct strings a = {0}, b = {0};
    strings_split(&arena, &a, row, " ");
    strings_split(&arena, &b, extra, " ");
    const struct strings result = select_override(&arena, &a, &b);
    return strings_join(&arena, &result, " ");
}

static void a_persons_arguments_win(void **state)
{
    (void)state;
    assert_string_equal(override("--ops 5 --threads 2", "--ops 7"), "--threads 2 --ops 7");
    assert_string_equal(override("--ops 5 --threads 2", "--seconds=1"), "--threads 2 --seconds=1");
    assert_string_equal(override("--seconds=5 --audit", "--ops 1"), "--audit --ops 1");
    assert_string_equal(override("--slots 5", "--slot 6"), "--slots 5 --slot 6");
    assert_string_equal(override("--slots 5", ""), "--slots 5");
    struct strings words = {0};
    strings_split(&arena, &words, "--seed 7 --threads 4", " ");
    assert_int_equal(select_threads(&words), 4);
    words.at[3] = "many";
    assert_int_equal(select_threads(&words), 1);
}

static void options_are_strict(void **state)
{
    (void)state;
    struct options options;
    static char *const good[] = {"--mode", "quick", "--repeats=4", "x", "--workloads",
                                 "a,b",    "--",    "--seed",      "y"};
    assert_int_equal(options_parse(&arena, 9, good, OPTION_MODE | OPTION_REPEATS | OPTION_WORKLOADS,
                                   &options, &problem),
                     0);
    assert_string_equal(options.mode, "quick");
    assert_int_equal(options.repeats, 4);
    assert_int_equal(options.workloads.count, 2);
    assert_string_equal(options.positional.at[0], "x");
    assert_true(options.has_rest);
    assert_string_equal(options.rest.at[1], "y");
    static char *const bad[][2] = {{"--seed", "4"},      {"--repeats", "0"}, {"--repeats", "4x"},
                                   {"--mode", "--"},     {"--json=1", "x"},  {"-mode", "quick"},
                                   {"--modes", "quick"}, {"-j", "x"},        {"--repeats", ""}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(
            options_parse(&arena, 2, bad[i], OPTION_MODE | OPTION_REPEATS, &options, &problem), -1);
}

static void a_command_can_be_typed_again(void **state)
{
    (void)state;
    static char *const words[] = {"run", "a=b", "two words", "it's", ""};
    assert_string_equal(text_quote(&arena, 5, words), "run a=b 'two words' 'it'\\''s' ''");
}

static void widths_are_columns_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(style_width("± 3 …"), 5);
    assert_string_equal(style_shorten(&arena, "abcdefghij", 10), "abcdefghij");
    assert_string_equal(style_shorten(&arena, "abcdefghijk", 10), "abcde…hijk");
    assert_int_equal(style_width(style_shorten(&arena, "ä±ö…üßéèêë", 4)), 4);
    for (int i = 0; i <= 100; i++)
        assert_int_equal(style_width(style_bar(&arena, i / 100.0, 7)), 7);
    assert_string_equal(style_bar(&arena, 0.5, 4), "██  ");
    assert_string_equal(style_bar(&arena, 7, 2), "██");
    assert_string_equal(style_duration(&arena, 59.4), "59 s");
    assert_string_equal(style_duration(&arena, 119.6), "2 min 0 s");
    assert_string_equal(style_duration(&arena, 3700), "1 h 1 min");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lines_are_sorted_and_only_good_samples_are_numbers, teardown),
        cmocka_unit_test_teardown(exit_codes_follow_the_worst, teardown),
        cmocka_unit_test_teardown(a_paired_ratio_is_time_of_b_by_time_of_a, teardown),
        cmocka_unit_test_teardown(a_persons_arguments_win, teardown),
        cmocka_unit_test_teardown(options_are_strict, teardown),
        cmocka_unit_test_teardown(a_command_can_be_typed_again, teardown),
        cmocka_unit_test_teardown(widths_are_columns_not_bytes, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
