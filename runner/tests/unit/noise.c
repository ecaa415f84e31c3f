/* Noise: from the samples of a session to the spread of each cell, workload and the whole. */
#include "runner/store/noise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct sample rate(int cell, double ns_per_op)
{
    return (struct sample){.cell = cell,
                           .status = SAMPLE_OK,
                           .ops = 1000000,
                           .elapsed_ns = (int64_t)llround(ns_per_op * 1e6),
                           .wall_ns = 1};
}

static struct cells two_workloads(struct cell cells[4])
{
    static const char *const names[] = {"glibc", "hakmem", "glibc", "hakmem"};
    for (int i = 0; i < 4; i++)
        cells[i] = (struct cell){
            .allocator = {.name = names[i]}, .workload = i < 2 ? "one" : "two", .side = ""};
    return (struct cells){.at = cells, .count = 4};
}

static const struct noise *find(const struct noises *noises, const char *workload,
                                const char *allocator)
{
    for (int i = 0; i < noises->count; i++)
        if (strcmp(noises->at[i].workload, workload) == 0 &&
            strcmp(noises->at[i].allocator, allocator) == 0)
            return &noises->at[i];
    return NULL;
}

static void cells_workloads_and_all(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct cell storage[4];
    const struct cells cells = two_workloads(storage);
    /* One differs by 10 %, the next by nothing, the third by e, the last has a single sample. */
    struct sample at[] = {rate(0, 100), rate(1, 50),      rate(2, 10), rate(3, 7),
                          rate(0, 110), rate(2, 27.1828), rate(1, 50)};
    const struct samples samples = {.at = at, .count = 7};
    const struct noises noises = noise_of(&arena, &cells, &samples);
    assert_int_equal(noises.count, 1 + 2 + 3);
    assert_string_equal(noises.at[0].workload, "");
    assert_int_equal(noises.at[0].samples, 6);
    assert_int_equal(noises.at[0].pairs, 3);
    assert_float_equal(noises.at[0].spread, log(1.1) / 0.95387, 1e-6);
    assert_float_equal(noises.at[0].p95, 1, 1e-5);
    assert_string_equal(noises.at[1].workload, "one");
    assert_float_equal(noises.at[1].spread, log(1.1) / 2 / 0.95387, 1e-6);
    assert_float_equal(find(&noises, "one", "glibc")->spread, log(1.1) / 0.95387, 1e-6);
    assert_float_equal(find(&noises, "one", "hakmem")->spread, 0, 1e-12);
    assert_float_equal(find(&noises, "two", "glibc")->p95, 1, 1e-5);
    assert_null(find(&noises, "two", "hakmem"));
    arena_free(&arena);
}

static void what_is_not_ok_or_timed_singly_is_left_out(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct cell storage[4];
    const struct cells cells = two_workloads(storage);
    storage[2].pass = PASS_LATENCY;
    struct sample at[] = {rate(0, 100), rate(0, 900), rate(0, 100), rate(2, 5), rate(2, 50)};
    at[1].status = SAMPLE_CRASH;
    const struct samples samples = {.at = at, .count = 5};
    const struct noises noises = noise_of(&arena, &cells, &samples);
    assert_int_equal(noises.count, 3);
    assert_int_equal(noises.at[0].samples, 2);
    assert_float_equal(noises.at[0].p95, 0, 1e-12);
    arena_free(&arena);
}

/* Whole processes count where operations do not; where a program chose their number, neither. */
static void wall_time_stands_in(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct cell storage[4];
    const struct cells cells = two_workloads(storage);
    struct sample at[4] = {{.cell = 0, .ops = RECORD_NONE, .elapsed_ns = RECORD_NONE, .wall_ns = 4},
                           {.cell = 0, .ops = RECORD_NONE, .elapsed_ns = RECORD_NONE, .wall_ns = 5},
                           {.cell = 2, .ops = 77, .elapsed_ns = RECORD_NONE, .wall_ns = 9},
                           {.cell = 2, .ops = 88, .elapsed_ns = RECORD_NONE, .wall_ns = 10}};
    const struct samples samples = {.at = at, .count = 4};
    const struct noises noises = noise_of(&arena, &cells, &samples);
    assert_int_equal(noises.count, 3);
    assert_float_equal(noises.at[0].p95, log(1.25), 1e-9);
    arena_free(&arena);
}

/* The estimate is of the standard deviation, whatever the level, and bears some wild samples. */
static void the_estimate_is_the_standard_deviation(void **state)
{
    (void)state;
    enum { COUNT = 400 };
    struct arena arena = {0};
    struct cell storage[4];
    const struct cells cells = two_workloads(storage);
    struct sample at[COUNT];
    /* Quantiles of a normal distribution, in an order that mixes them: 0.02 wide. */
    for (int i = 0; i < COUNT; i++) {
        const double p = ((double)((i * 157) % COUNT) + 0.5) / COUNT;
        const double t = sqrt(-2 * log(p < 0.5 ? p : 1 - p));
        const double z = t - (2.30753 + 0.27061 * t) / (1 + 0.99229 * t + 0.04481 * t * t);
        at[i] = rate(0, 1000 * exp(p < 0.5 ? -0.02 * z : 0.02 * z));
    }
    const struct samples samples = {.at = at, .count = COUNT};
    assert_float_equal(noise_of(&arena, &cells, &samples).at[0].spread, 0.02, 0.001);
    for (int i = 0; i < COUNT; i += 20)
        at[i] = rate(0, 4000);
    assert_float_equal(noise_of(&arena, &cells, &samples).at[0].spread, 0.02, 0.003);
    arena_free(&arena);
}

static void without_pairs_there_is_none(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct cell storage[4];
    const struct cells cells = two_workloads(storage);
    struct sample at[] = {rate(0, 100), rate(1, 50)};
    const struct samples samples = {.at = at, .count = 2};
    const struct facts readings = {0};
    const struct noises noises = noise_of(&arena, &cells, &samples);
    assert_int_equal(noises.count, 0);
    json_t *told = noise_json(&noises, &readings);
    assert_true(json_is_null(json_object_get(told, "spread")));
    json_decref(told);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_workloads_and_all),
        cmocka_unit_test(what_is_not_ok_or_timed_singly_is_left_out),
        cmocka_unit_test(wall_time_stands_in),
        cmocka_unit_test(the_estimate_is_the_standard_deviation),
        cmocka_unit_test(without_pairs_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
