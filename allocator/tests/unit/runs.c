/* Runs of granules: against a plain array, and by steps. */
#include "allocator/tests/unit/unit.h"

#include "allocator/large/runs.h"

#define MANY (3 * RUNS_TABLE)

/* What the plain array knows of a granule. */
static struct {
    enum { TAKEN, CLEAN, DIRTY, HOLLOW } is;
    uint32_t freed_at; /* of a DIRTY one */
} plain[MANY];

static bool is_open(uint32_t i)
{
    return i < MANY && (plain[i].is == CLEAN || plain[i].is == DIRTY);
}

static bool is_hollow(uint32_t i)
{
    return i < MANY && plain[i].is == HOLLOW;
}

static uint32_t longest(bool (*is)(uint32_t))
{
    uint32_t best = 0;
    for (uint32_t i = 0, length = 0; i < MANY; i++) {
        length = is(i) ? length + 1 : 0;
        best = length > best ? length : best;
    }
    return best;
}

static void mark(uint32_t first, uint32_t count, int is, uint32_t freed_at)
{
    for (uint32_t i = first; i < first + count; i++) {
        plain[i].is = is;
        plain[i].freed_at = freed_at;
    }
}

/* Every run has its length at both ends, and is as long as it can be. */
static void check_runs(void)
{
    for (uint32_t i = 0; i < MANY;) {
        bool (*is)(uint32_t) = is_open(i) ? is_open : is_hollow;
        uint32_t length = 0;
        while (is(i + length))
            length++;
        if (length) {
            assert_int_equal(granule_at(i)->run, length);
            assert_int_equal(granule_at(i + length - 1)->run, length);
            assert_int_equal(granule_at(i)->kind, is_open(i) ? RUN_OPEN : RUN_HOLLOW);
        } else {
            assert_int_equal(granule_at(i)->run, 0);
        }
        i += length ? length : 1;
    }
}

static void check_taken(uint32_t first, uint32_t count, enum run_kind kind, bool clean)
{
    bool dirty = false;
    for (uint32_t i = first; i < first + count; i++) {
        assert_true(kind == RUN_OPEN ? is_open(i) : is_hollow(i));
        dirty |= plain[i].is == DIRTY;
    }
    assert_int_equal(clean, !dirty);
    mark(first, count, TAKEN, 0);
}

static void take(uint32_t count, enum run_kind kind)
{
    uint32_t first, most = longest(kind == RUN_OPEN ? is_open : is_hollow);
    bool clean;
    if (runs_take(count, kind, &first, &clean))
        check_taken(first, count, kind, clean);
    else /* of long ones the last eighth may be overlooked */
        assert_true(most < (count <= 32 ? count : count + count / 8));
}

/* A stretch of taken granules from somewhere on. */
static uint32_t find_taken(uint64_t *seed, uint32_t *first)
{
    uint32_t most = 1 + (uint32_t)(random_next(seed) % 100), count = 0;
    *first = (uint32_t)(random_next(seed) % MANY);
    while (count < most && *first + count < MANY && plain[*first + count].is == TAKEN)
        count++;
    return count;
}

static void purge(uint32_t tick, uint64_t left, enum run_kind now)
{
    struct budget budget = {.left = left};
    uint32_t first, count;
    while ((count = runs_take_dirty(tick, &budget, &first))) {
        for (uint32_t i = first; i < first + count; i++) {
            assert_int_equal(plain[i].is, DIRTY);
            assert_true(plain[i].freed_at <= tick);
        }
        budget_spend(&budget, count * HAK_SLAB + BUDGET_CALL);
        runs_put_purged(first, count, now);
        mark(first, count, now == RUN_NONE ? DIRTY : now == RUN_OPEN ? CLEAN : HOLLOW, UINT32_MAX);
    }
}

static void purge_all(uint32_t tick)
{
    purge(tick, BUDGET_ALL, RUN_OPEN); /* ends the round that another call may have begun */
    purge(tick, BUDGET_ALL, RUN_OPEN);
    for (uint32_t i = 0; i < MANY; i++)
        assert_true(plain[i].is != DIRTY || plain[i].freed_at > tick);
}

static void take_everything(void)
{
    uint32_t first, count;
    bool clean;
    while (runs_take_any(&first, &count, &clean))
        check_taken(first, count, RUN_OPEN, clean);
    while (runs_take(1, RUN_HOLLOW, &first, &clean))
        check_taken(first, 1, RUN_HOLLOW, clean);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(plain[i].is, TAKEN);
}

static void runs_agree_with_a_plain_array(void **state)
{
    (void)state;
    uint64_t seed = 11;
    assert_true(runs_prepare(0, MANY));
    for (uint32_t step = 1; step < 40000; step++) {
        uint32_t first, count = find_taken(&seed, &first);
        switch (random_next(&seed) % 10) {
        case 0:
        case 1:
            take(1 + (uint32_t)(random_next(&seed) % 8), RUN_OPEN);
            break;
        case 2:
            take(1 + (uint32_t)(random_next(&seed) % 256), RUN_OPEN);
            break;
        case 3:
            take(1 + (uint32_t)(random_next(&seed) % 60), RUN_HOLLOW);
            break;
        case 4:
            if (is_open(first + 1) && !is_open(first)) {
                uint32_t length = 0;
                while (is_open(first + 1 + length))
                    length++;
                count = 1 + (uint32_t)(random_next(&seed) % 12);
                assert_int_equal(runs_take_at(first + 1, count), count <= length);
                if (count <= length)
                    mark(first + 1, count, TAKEN, 0);
            } else {
                assert_false(runs_take_at(first, MANY));
            }
            break;
        case 5:
            if (count)
                runs_put(first, count, RUN_OPEN);
            mark(first, count, CLEAN, 0);
            break;
        case 6:
            if (count)
                runs_put(first, count, RUN_HOLLOW);
            mark(first, count, HOLLOW, 0);
            break;
        case 7:
        case 8:
            if (count)
                runs_put_dirty(first, count, step);
            mark(first, count, DIRTY, step);
            break;
        default:
            purge(step > 400 ? step - 400 : 0, 1 + random_next(&seed) % (4ul << 20),
                  (enum run_kind)(random_next(&seed) % 3));
        }
        if (step % 512 == 0)
            check_runs();
        if (step % 4096 == 0)
            purge_all(step);
    }
    purge_all(UINT32_MAX - 1);
    take_everything();
}

static void refused_granules_are_not_due_before_they_were_used(void **state)
{
    (void)state;
    uint32_t first;
    runs_put_dirty(10, 4, 3);
    struct budget all = {.left = BUDGET_ALL};
    assert_int_equal(runs_take_dirty(2, &all, &first), 0);
    assert_int_equal(runs_take_dirty(3, &all, &first), 4);
    runs_put_purged(first, 4, RUN_NONE);
    for (int i = 0; i < 3; i++)
        assert_int_equal(runs_take_dirty(UINT32_MAX - 1, &all, &first), 0);
    bool clean;
    assert_true(runs_take(4, RUN_OPEN, &first, &clean));
    assert_false(clean);
    runs_put_dirty(first, 4, 4);
    assert_int_equal(runs_take_dirty(4, &all, &first), 4);
    assert_false(all.more);
}

static uint64_t steps_max;

static void count_from(uint64_t before)
{
    steps_max = runs_steps - before > steps_max ? runs_steps - before : steps_max;
}

/* Whatever is done among so many holes of three and of five granules; steps of the worst. */
static uint64_t steps_among(uint32_t holes)
{
    uint32_t first, n = 0;
    bool clean;
    for (uint32_t i = 0; i < holes; i++, n += 10) {
        runs_put_dirty(n, 3, 5);
        runs_put_dirty(n + 4, 5, 5);
    }
    steps_max = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t before = runs_steps;
        assert_true(runs_take(4, RUN_OPEN, &first, &clean));
        count_from(before);
        before = runs_steps;
        runs_put_dirty(first, 4, 6);
        count_from(before);
        before = runs_steps;
        assert_false(runs_take(6 + i % 200, RUN_OPEN, &first, &clean));
        count_from(before);
    }
    /* A bounded look at what is not due, after the end of a round that may have begun. */
    struct budget all = {.left = BUDGET_ALL}, budget = {.left = 64 * BUDGET_STEP};
    assert_int_equal(runs_take_dirty(1, &all, &first), 0);
    uint64_t before = runs_steps;
    assert_int_equal(runs_take_dirty(1, &budget, &first), 0);
    assert_true(budget.more);
    count_from(before);
    uint32_t count;
    while (runs_take_any(&first, &count, &clean))
        ;
    return steps_max;
}

static void steps_do_not_grow_with_holes(void **state)
{
    (void)state;
    assert_true(runs_prepare(0, 10 << 16));
    uint64_t few = steps_among(1 << 10);
    assert_in_range(few, 1, 64 * 8);
    assert_true(steps_among(1 << 16) <= few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_agree_with_a_plain_array),
        cmocka_unit_test(refused_granules_are_not_due_before_they_were_used),
        cmocka_unit_test(steps_do_not_grow_with_holes),
    };
    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
