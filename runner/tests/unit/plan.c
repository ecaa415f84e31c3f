#include "runner/subject/plan.h"
#include "runner/subject/passes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void every_block_holds_every_cell_once(void **state)
{
    (void)state;
    const int cells[] = {2, 3, 5, 7};
    const struct plan plan = plan_complete_blocks(&arena, cells, 4, 50, 1);
    assert_int_equal(plan.count, 200);
    for (int block = 0; block < 50; block++) {
        int product = 1;
        for (int i = 0; i < 4; i++) {
            const struct place *place = &plan.at[4 * block + i];
            assert_int_equal(place->position, 4 * block + i);
            assert_int_equal(place->block, block);
            product *= place->cell;
        }
        assert_int_equal(product, 2 * 3 * 5 * 7);
    }
}

static void a_seed_gives_one_order_and_another_seed_another(void **state)
{
    (void)state;
    const int cells[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const struct plan a = plan_complete_blocks(&arena, cells, 10, 5, 42);
    const struct plan b = plan_complete_blocks(&arena, cells, 10, 5, 42);
    const struct plan c = plan_complete_blocks(&arena, cells, 10, 5, 43);
    assert_memory_equal(a.at, b.at, 50 * sizeof *a.at);
    assert_memory_not_equal(a.at, c.at, 50 * sizeof *a.at);
}

/* Every cell stands at every place of a block about equally often: 6000 blocks of 6, expected 1000
 * a place, standard deviation 29. */
static void orders_are_fair(void **state)
{
    (void)state;
    const int cells[] = {0, 1, 2, 3, 4, 5};
    const struct plan plan = plan_complete_blocks(&arena, cells, 6, 6000, 7);
    int seen[6][6] = {{0}};
    for (int i = 0; i < plan.count; i++)
        seen[i % 6][plan.at[i].cell]++;
    for (int place = 0; place < 6; place++)
        for (int cell = 0; cell < 6; cell++)
            assert_in_range(seen[place][cell], 855, 1145);
}

static void paired_blocks_are_abba_or_baab_by_a_fair_coin(void **state)
{
    (void)state;
    const struct plan plan = plan_paired_blocks(&arena, 2, 1000, 3);
    int heads = 0;
    assert_int_equal(plan.count, 8000);
    for (int i = 0; i < plan.count; i += 4) {
        const struct place *p = &plan.at[i];
        const int pair = i / 4 % 2;
        assert_int_equal(p[0].block, i / 8);
        assert_int_equal(p[0].cell, p[3].cell);
        assert_int_equal(p[1].cell, p[2].cell);
        assert_int_equal(p[0].cell + p[1].cell, 4 * pair + 1);
        assert_int_equal(p[0].cell / 2, pair);
        heads += p[0].cell % 2;
    }
    assert_in_range(heads, 890, 1110);
}

/* Groups of 1, 3 and 2 cells: each stands together, goes there and back, and leads fairly often. */
static void mirrored_blocks_go_there_and_back(void **state)
{
    (void)state;
    enum { BLOCKS = 3000, SAMPLES = 12 };
    const int cells[] = {10, 20, 21, 22, 30, 31}, first[] = {0, 1, 4, 6};
    const struct plan plan = plan_mirrored_blocks(&arena, cells, first, 3, BLOCKS, 5);
    int leads[4] = {0}, heads[3] = {0};
    assert_int_equal(plan.count, BLOCKS * SAMPLES);
    for (int block = 0; block < BLOCKS; block++) {
        const struct place *p = &plan.at[SAMPLES * block];
        leads[p->cell / 10]++;
        for (int at = 0; at < SAMPLES;) {
            const int group = p[at].cell / 10, size = first[group] - first[group - 1];
            int sum = 0;
            for (int i = 0; i < 2 * size; i++) {
                assert_int_equal(p[at + i].position, SAMPLES * block + at + i);
                assert_int_equal(p[at + i].block, block);
                assert_int_equal(p[at + i].cell / 10, group);
                assert_int_equal(p[at + i].cell, p[at + 2 * size - 1 - i].cell);
                sum += 1 << (p[at + i].cell % 10);
            }
            assert_int_equal(sum, 2 * ((1 << size) - 1));
            if (group == 2)
                heads[p[at].cell % 10]++;
            at += 2 * size;
        }
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(leads[i + 1], 870, 1130);
        assert_in_range(heads[i], 870, 1130);
    }
}

/* The latency pass follows the other, in blocks of its own; what is missing is in neither. */
static void the_latency_pass_comes_last(void **state)
{
    (void)state;
    struct cell all[6] = {{.workload = "v"}, {.workload = "v"}, {.workload = "w"}};
    for (int i = 3; i < 6; i++)
        all[i] = (struct cell){.workload = all[i - 3].workload, .pass = PASS_LATENCY};
    all[1].allocator.missing = all[4].allocator.missing = "not built";
    const struct cells cells = {.at = all, .count = 6};
    for (int is_mirrored = 0; is_mirrored <= 1; is_mirrored++) {
        const struct passes passes = {.repeats = {3, 2}, .is_mirrored = is_mirrored};
        const struct plan plan = passes_plan(&arena, &cells, &passes, 7);
        const int throughput = is_mirrored ? 12 : 6;
        assert_int_equal(plan.count, throughput + 4);
        for (int i = 0; i < plan.count; i++) {
            const struct cell *cell = &all[plan.at[i].cell];
            assert_int_equal(plan.at[i].position, i);
            assert_int_equal(cell->pass == PASS_LATENCY, i >= throughput);
            assert_null(cell->allocator.missing);
            assert_int_equal(plan.at[i].block,
                             i < throughput ? 3 * i / throughput : 3 + (i - throughput) / 2);
        }
    }
    const struct passes only = {.repeats = {0, 2}};
    const struct plan plan = passes_plan(&arena, &cells, &only, 7);
    assert_int_equal(plan.count, 4);
    assert_int_equal(plan.at[0].block, 0);
}

static void who_is_timed(void **state)
{
    (void)state;
    struct allocator all[] = {{.name = "hakmem", .kind = ALLOCATOR_HAKMEM},
                              {.name = "hakmem:layers=all", .kind = ALLOCATOR_HAKMEM},
                              {.name = "glibc", .kind = ALLOCATOR_GLIBC},
                              {.name = "jemalloc", .kind = ALLOCATOR_PEER}};
    const struct allocators list = {.at = all, .count = 4};
    const struct allocators standard = passes_choose_timed(&arena, &list, NULL, true);
    const struct allocators named = passes_choose_timed(&arena, &list, NULL, false);
    const struct allocators again =
        passes_choose_timed(&arena, &list, "glibc hakmem:layers=all", true);
    assert_string_equal(passes_names(&arena, &standard), "hakmem glibc jemalloc");
    assert_int_equal(named.count, 4);
    assert_string_equal(passes_names(&arena, &again), "hakmem:layers=all glibc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_block_holds_every_cell_once, teardown),
        cmocka_unit_test_teardown(a_seed_gives_one_order_and_another_seed_another, teardown),
        cmocka_unit_test_teardown(orders_are_fair, teardown),
        cmocka_unit_test_teardown(paired_blocks_are_abba_or_baab_by_a_fair_coin, teardown),
        cmocka_unit_test_teardown(mirrored_blocks_go_there_and_back, teardown),
        cmocka_unit_test_teardown(the_latency_pass_comes_last, teardown),
        cmocka_unit_test_teardown(who_is_timed, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
