#define _GNU_SOURCE
#include "runner/trend/history.h"
#include "runner/tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct problem problem;
static struct store *store;
static const char *folder;

static int setup(void **state)
{
    (void)state;
    folder = scratch_folder(&arena);
    return folder != NULL ? store_open(&arena, folder, "runner/store/schema.sql", &store, &problem)
                          : -1;
}

static int teardown(void **state)
{
    (void)state;
    store_close(store);
    unlink(arena_printf(&arena, "%s/results.sqlite", folder));
    rmdir(folder);
    arena_free(&arena);
    return 0;
}

static struct commit make_commit(int position)
{
    return (struct commit){.id = arena_printf(&arena, "%040d", position),
                           .utc = "2025-11-22T00:00:00Z",
                           .subject = "s",
                           .position = position};
}

static void put(const char *anchor, const struct commit *commit, const char *reason, double value)
{
    const double blocks[] = {value, value};
    const struct history_row row = {.anchor = anchor,
                                    .workload = "w",
                                    .metric = HISTORY_TIME,
                                    .commit = commit,
                                    .value = {value, value - 1, value + 1, 0.95},
                                    .blocks = blocks,
                                    .n = 2,
                                    .reason = reason};
    assert_int_equal(history_put(store, &row, 1, &problem), 0);
}

/* The first column of the first row as text. */
static const char *ask(const char *sql)
{
    sqlite3_stmt *statement = database_prepare(&store->database, sql, &problem);
    assert_non_null(statement);
    assert_int_equal(database_step(&store->database, statement, &problem), 1);
    const char *text = database_text(&arena, statement, 0);
    sqlite3_finalize(statement);
    return text;
}

static void the_newest_measurement_stands(void **state)
{
    (void)state;
    const struct commit commit = make_commit(7);
    bool has = true;
    assert_int_equal(history_has(store, "a", "w", &commit, &has, &problem), 0);
    assert_false(has);
    put("a", &commit, NULL, 0.25);
    put("a", &commit, NULL, 0.5);
    assert_int_equal(history_has(store, "a", "w", &commit, &has, &problem), 0);
    assert_true(has);
    assert_int_equal(history_has(store, "a", "other", &commit, &has, &problem), 0);
    assert_false(has);
    assert_int_equal(history_has(store, "b", "w", &commit, &has, &problem), 0);
    assert_false(has);
    assert_string_equal(ask("SELECT count(*) || ' ' || value || ' ' || blocks FROM history"),
                        "1 0.5 [0.5,0.5]");
}

static void what_has_no_value_says_why(void **state)
{
    (void)state;
    const struct commit commit = make_commit(8);
    put("crashes", &commit, "crash: SIGSEGV", 9);
    assert_string_equal(ask("SELECT reason FROM history WHERE anchor = 'crashes' AND value IS NULL"
                            " AND low IS NULL AND candidate IS NULL AND blocks IS NULL"),
                        "crash: SIGSEGV");
}

/* A series is a range of the key: no other row is read, and nothing is sorted. */
static void a_series_is_read_by_its_key(void **state)
{
    (void)state;
    assert_int_equal(database_execute(&store->database, "BEGIN", &problem), 0);
    assert_int_equal(
        database_execute(&store->database,
                         "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n"
                         " WHERE v < 3000) INSERT INTO history SELECT 'key', 'w' || (v % 12),"
                         " 'time', v, v, '', '', 0, 0, 0, 6, 1, 1, '[]', NULL, NULL FROM n",
                         &problem),
        0);
    sqlite3_stmt *plan = database_prepare(
        &store->database,
        "EXPLAIN QUERY PLAN SELECT value FROM history WHERE anchor = 'key' AND workload = 'w3'"
        " AND metric = 'time' ORDER BY position DESC LIMIT 400",
        &problem);
    assert_non_null(plan);
    int steps = 0;
    while (database_step(&store->database, plan, &problem) == 1) {
        const char *detail = database_text(&arena, plan, 3);
        assert_non_null(strstr(detail, "SEARCH history USING PRIMARY KEY"));
        assert_non_null(strstr(detail, "anchor=? AND workload=? AND metric=?"));
        steps++;
    }
    sqlite3_finalize(plan);
    assert_int_equal(steps, 1);
    assert_int_equal(database_execute(&store->database, "ROLLBACK", &problem), 0);
}

/* As the report and the gate read it: every acceptance, those of all workloads under ''. */
static void expect_accepted(const char *expected)
{
    sqlite3_stmt *rows = database_prepare(&store->database,
                                          "SELECT group_concat(workload || '=' || why, ' ')"
                                          " FROM (SELECT * FROM accepted ORDER BY workload)",
                                          &problem);
    assert_non_null(rows);
    assert_int_equal(database_step(&store->database, rows, &problem), 1);
    assert_string_equal(database_text(&arena, rows, 0), expected);
    sqlite3_finalize(rows);
}

static void a_shift_is_accepted_for_one_workload_or_all(void **state)
{
    (void)state;
    assert_int_equal(accepted_put(store, "c", "w", "one", &problem), 0);
    expect_accepted("w=one");
    assert_int_equal(accepted_put(store, "c", NULL, "all", &problem), 0);
    expect_accepted("=all w=one");
    assert_int_equal(accepted_put(store, "c", "w", "two", &problem), 0);
    expect_accepted("=all w=two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_measurement_stands),
        cmocka_unit_test(what_has_no_value_says_why),
        cmocka_unit_test(a_series_is_read_by_its_key),
        cmocka_unit_test(a_shift_is_accepted_for_one_workload_or_all),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
