#define _GNU_SOURCE
#include "runner/store/store.h"
#include "runner/tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct problem problem;
static const char *folder, *file;
static struct session session;
static struct cells cells;
static struct plan plan;

static int setup(void **state)
{
    (void)state;
    folder = scratch_folder(&arena);
    file = arena_printf(&arena, "%s/results.sqlite", folder);
    cells = (struct cells){.at = arena_alloc(&arena, 2 * sizeof *cells.at), .count = 2};
    for (int i = 0; i < 2; i++) {
        cells.at[i] = (struct cell){.allocator = {.name = i == 0 ? "a" : "b"},
                                    .workload = "w",
                                    .side = "",
                                    .program = "/p"};
        strings_add(&arena, &cells.at[i].arguments, "--x \"y\"");
    }
    const int both[] = {0, 1};
    plan = plan_complete_blocks(&arena, both, 2, 3, 9);
    session =
        (struct session){.kind = "run", .started_utc = "t", .seed = 9, .command = "c", .dirty = -1};
    return folder != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"results.sqlite", "results.sqlite-wal",
                                        "results.sqlite-shm"};
    for (int i = 0; i < 3; i++)
        unlink(arena_printf(&arena, "%s/%s", folder, names[i]));
    rmdir(folder);
    arena_free(&arena);
    return 0;
}

/* The tests run from the top of the tree. */
static struct store *open_store(void)
{
    struct store *store;
    if (store_open(&arena, folder, "runner/store/schema.sql", &store, &problem) != 0)
        return NULL;
    return store;
}

static struct sample make_sample(int at)
{
    return (struct sample){.position = plan.at[at].position,
                           .cell = plan.at[at].cell,
                           .started_utc = "t",
                           .ops = 100 + at,
                           .elapsed_ns = 50,
                           .wall_ns = 60,
                           .rss_end = RECORD_NONE,
                           .corruptions = RECORD_NONE};
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct store *store = open_store();
    struct facts facts = {0}, read = {0};
    facts_add(&arena, &facts, "k", "v");
    facts_add(&arena, &facts, "none", NULL);
    assert_int_equal(store_add_session(store, &session, &facts, &cells, &plan, &problem), 0);
    for (int i = 0; i < 2; i++) {
        const struct sample sample = make_sample(i);
        assert_int_equal(store_add_sample(store, &session, &cells, &sample, &problem), 0);
    }
    store_close(store);
    store = open_store();
    struct session found;
    assert_int_equal(store_find_unfinished(store, &arena, "run", "peers", &found, &problem), 0);
    assert_int_equal(found.id, 0);
    assert_int_equal(store_find_unfinished(store, &arena, "run", NULL, &found, &problem), 0);
    assert_int_equal(found.id, session.id);
    assert_int_equal(found.seed, 9);
    assert_int_equal(found.dirty, -1);
    assert_int_equal(store_load_facts(store, &arena, found.id, &read, &problem), 0);
    assert_string_equal(facts_get(&read, "k"), "v");
    assert_string_equal(facts_get(&read, "none"), "unknown");
    struct plan left;
    struct samples samples;
    assert_int_equal(store_match_cells(store, &found, &cells, &problem), 0);
    assert_int_equal(store_load_remaining(store, &arena, &found, &cells, &left, &problem), 0);
    assert_int_equal(left.count, 4);
    assert_memory_equal(left.at, plan.at + 2, 4 * sizeof *left.at);
    assert_int_equal(store_load_samples(store, &arena, &found, &cells, &samples, &problem), 0);
    assert_int_equal(samples.count, 2);
    assert_int_equal(samples.at[1].ops, 101);
    assert_int_equal(samples.at[1].cell, plan.at[1].cell);
    assert_int_equal(samples.at[1].rss_end, RECORD_NONE);
    const struct facts none = {0};
    assert_int_equal(store_end_session(store, &found, &none, &problem), 0);
    assert_int_equal(store_find_unfinished(store, &arena, "run", NULL, &found, &problem), 0);
    assert_int_equal(found.id, 0);
    store_close(store);
}

static void a_place_is_measured_once(void **state)
{
    (void)state;
    struct store *store = open_store();
    const struct facts none = {0};
    assert_int_equal(store_add_session(store, &session, &none, &cells, &plan, &problem), 0);
    const struct sample sample = make_sample(0);
    assert_int_equal(store_add_sample(store, &session, &cells, &sample, &problem), 0);
    assert_int_equal(store_add_sample(store, &session, &cells, &sample, &problem), -1);
    struct sample outside = make_sample(0);
    outside.position = 99;
    assert_int_equal(store_add_sample(store, &session, &cells, &outside, &problem), -1);
    store_close(store);
}

static void a_changed_cell_is_no_match(void **state)
{
    (void)state;
    struct store *store = open_store();
    const struct facts none = {0};
    assert_int_equal(store_add_session(store, &session, &none, &cells, &plan, &problem), 0);
    strings_add(&arena, &cells.at[1].arguments, "more");
    assert_int_equal(store_match_cells(store, &session, &cells, &problem), -1);
    assert_non_null(strstr(problem.text, "b on w is not as it was"));
    store_close(store);
}

static void execute(const char *sql)
{
    sqlite3 *handle;
    assert_int_equal(sqlite3_open(file, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

static void a_newer_schema_is_refused_and_kept(void **state)
{
    (void)state;
    store_close(open_store());
    execute("PRAGMA user_version = 3");
    assert_null(open_store());
    assert_non_null(strstr(problem.text, "newer hakbench (schema 3, this one knows 2)"));
    execute("PRAGMA user_version = 2");
    struct store *store = open_store();
    assert_non_null(store);
    store_close(store);
}

static int number_in(const char *sql)
{
    sqlite3 *handle;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(file, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const int number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return number;
}

/* A schema-1 file with a session in it goes on being used: nothing of it is lost. */
static void an_older_schema_is_brought_up_to_date(void **state)
{
    (void)state;
    struct store *store = open_store();
    const struct facts none = {0};
    assert_int_equal(store_add_session(store, &session, &none, &cells, &plan, &problem), 0);
    const struct sample sample = make_sample(0);
    assert_int_equal(store_add_sample(store, &session, &cells, &sample, &problem), 0);
    store_close(store);
    execute("CREATE TABLE old (id INTEGER PRIMARY KEY, session_id, allocator, workload, side,"
            " program, arguments, state, reason, UNIQUE (session_id, allocator, workload, side));"
            "INSERT INTO old SELECT id, session_id, allocator, workload, side, program, arguments,"
            " state, reason FROM cell; PRAGMA legacy_alter_table=ON; DROP TABLE cell;"
            "ALTER TABLE old RENAME TO cell;"
            "DROP TABLE latency; DROP TABLE timeline; DROP TABLE kpi; PRAGMA user_version=1");
    store = open_store();
    assert_non_null(store);
    assert_int_equal(store_match_cells(store, &session, &cells, &problem), 0);
    struct plan left;
    assert_int_equal(store_load_remaining(store, &arena, &session, &cells, &left, &problem), 0);
    assert_int_equal(left.count, plan.count - 1);
    store_close(store);
    assert_int_equal(number_in("PRAGMA user_version"), 2);
    assert_int_equal(number_in("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(number_in("SELECT count(*) FROM micro"), 0);
}

/* The two passes of a cell are two cells; what a sample of the second one tells is stored. */
static void a_latency_sample_is_kept_whole(void **state)
{
    (void)state;
    cells.at[1].allocator.name = cells.at[0].allocator.name;
    cells.at[1].pass = PASS_LATENCY;
    struct store *store = open_store();
    const struct facts none = {0};
    assert_int_equal(store_add_session(store, &session, &none, &cells, &plan, &problem), 0);
    assert_int_equal(store_match_cells(store, &session, &cells, &problem), 0);
    assert_int_not_equal(cells.at[0].id, cells.at[1].id);
    const struct latency latency = {
        .operation = "malloc", .count = 640, .timed = 10, .p50_ns = 12.5, .buckets = "[[12.5,10]]"};
    const struct moment moments[] = {{10, 4096, 1}, {20, 8192, 2}};
    const struct kpi kpi = {"work.ops", 640};
    struct sample sample = make_sample(0);
    sample.details = (struct details){&latency, moments, &kpi, 1, 2, 1};
    assert_int_equal(store_add_sample(store, &session, &cells, &sample, &problem), 0);
    /* The same point of time twice: nothing of that sample is kept. */
    const struct moment twice[] = {{10, 4096, 1}, {10, 8192, 2}};
    sample = make_sample(1);
    sample.details = (struct details){.moments = twice, .moment_count = 2};
    assert_int_equal(store_add_sample(store, &session, &cells, &sample, &problem), -1);
    store_close(store);
    assert_int_equal(number_in("SELECT count(*) FROM sample"), 1);
    assert_int_equal(number_in("SELECT timed FROM latency WHERE p50_ns = 12.5"), 10);
    assert_int_equal(number_in("SELECT sum(rss) FROM timeline"), 12288);
    assert_int_equal(number_in("SELECT value FROM kpi WHERE name = 'work.ops'"), 640);
}

static void a_foreign_database_is_refused(void **state)
{
    (void)state;
    execute("CREATE TABLE music (title)");
    assert_null(open_store());
    assert_non_null(strstr(problem.text, "is not a results database"));
    execute("PRAGMA user_version = 1");
    assert_null(open_store());
    assert_non_null(strstr(problem.text, "is not a results database"));
}

/* Microbenchmarks are read out of what the process printed: of its ok samples alone, for the others
 * may have printed anything. */
static void micro_is_read_out_of_ok_samples(void **state)
{
    (void)state;
    static const char printed[] =
        "{\"benchmarks\": [{\"name\": \"b\", \"threads\": 2, \"real_time\": 1.5,"
        " \"faults_per_op\": 0.25}, {\"name\": \"a\", \"threads\": 1, \"real_time\": 4e0}]}";
    struct store *store = open_store();
    const struct facts none = {0};
    cells.at[0].workload = cells.at[1].workload = "micro";
    assert_int_equal(store_add_session(store, &session, &none, &cells, &plan, &problem), 0);
    for (int i = 0; i < plan.count; i++) {
        struct sample sample = make_sample(i);
        sample.status = i == 1 ? SAMPLE_OK : SAMPLE_FAILED;
        sample.output = i == 0 ? "{\"benchmarks\": [{" : i < 3 ? printed : NULL;
        assert_int_equal(store_add_sample(store, &session, &cells, &sample, &problem), 0);
    }
    struct micro_results results;
    assert_int_equal(store_load_micro(store, &arena, &session, &cells, &results, &problem), 0);
    assert_int_equal(results.count, 2);
    assert_string_equal(results.at[0].name, "b");
    assert_int_equal(results.at[0].cell, plan.at[1].cell);
    assert_int_equal(results.at[0].threads, 2);
    assert_true(results.at[0].ns_per_op == 3 && results.at[0].faults_per_op == 0.25);
    assert_string_equal(results.at[1].name, "a");
    assert_true(results.at[1].ns_per_op == 4);
    store_close(store);
}

/* A database made before there was something in the schema gets it, and keeps what it has. */
static void an_older_database_gets_what_it_lacks(void **state)
{
    (void)state;
    struct store *store = open_store();
    const struct facts none = {0};
    assert_int_equal(store_add_session(store, &session, &none, &cells, &plan, &problem), 0);
    store_close(store);
    execute("DROP VIEW micro");
    store = open_store();
    assert_non_null(store);
    struct micro_results results;
    struct session found;
    assert_int_equal(store_load_micro(store, &arena, &session, &cells, &results, &problem), 0);
    assert_int_equal(results.count, 0);
    assert_int_equal(store_find_unfinished(store, &arena, "run", NULL, &found, &problem), 0);
    assert_int_equal(found.id, session.id);
    store_close(store);
}

static void damage_is_told_on_the_first_page_and_behind(void **state)
{
    (void)state;
    struct store *store = open_store();
    const struct facts none = {0};
    assert_int_equal(store_add_session(store, &session, &none, &cells, &plan, &problem), 0);
    store_close(store);
    FILE *database = fopen(file, "r+");
    assert_non_null(database);
    fseek(database, 4096 * 3, SEEK_SET);
    for (int i = 0; i < 4096 * 3; i++)
        fputc(0x5a, database);
    fclose(database);
    assert_null(open_store());
    assert_non_null(strstr(problem.text, "damaged"));
    database = fopen(file, "w");
    fputs("This is a diary, and by no means a database of results. Dear diary, today I", database);
    fclose(database);
    assert_null(open_store());
    assert_non_null(strstr(problem.text, "damaged or not a database"));
}

static void folders_are_made_or_the_problem_names_them(void **state)
{
    (void)state;
    struct store *store;
    const char *deep = arena_printf(&arena, "%s/a/b", folder);
    assert_int_equal(store_open(&arena, deep, "runner/store/schema.sql", &store, &problem), 0);
    store_close(store);
    unlink(arena_printf(&arena, "%s/results.sqlite", deep));
    rmdir(deep);
    rmdir(arena_printf(&arena, "%s/a", folder));
    const char *below = arena_printf(&arena, "%s/x", file);
    fclose(fopen(file, "w"));
    assert_int_equal(store_open(&arena, below, "runner/store/schema.sql", &store, &problem), -1);
    assert_non_null(strstr(problem.text, "Not a directory"));
    unlink(file);
    mkdir(file, 0777);
    assert_int_equal(store_open(&arena, folder, "runner/store/schema.sql", &store, &problem), -1);
    assert_non_null(strstr(problem.text, "cannot write"));
    rmdir(file);
}

static void facts_that_decide_are_compared_both_ways(void **state)
{
    (void)state;
    struct facts a = {0}, b = {0};
    facts_add(&arena, &a, "load.start", "1");
    facts_add(&arena, &b, "load.start", "2");
    facts_add(&arena, &a, "plan.repeats", "3");
    facts_add(&arena, &b, "plan.repeats", "3");
    assert_null(facts_find_difference(&a, &b));
    facts_add(&arena, &b, "env.HAKMEM_TRACE", "1");
    assert_string_equal(facts_find_difference(&a, &b), "env.HAKMEM_TRACE");
    assert_string_equal(facts_find_difference(&b, &a), "env.HAKMEM_TRACE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_place_is_measured_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_cell_is_no_match, setup, teardown),
        cmocka_unit_test_setup_teardown(a_newer_schema_is_refused_and_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(an_older_schema_is_brought_up_to_date, setup, teardown),
        cmocka_unit_test_setup_teardown(a_latency_sample_is_kept_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_foreign_database_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(micro_is_read_out_of_ok_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(an_older_database_gets_what_it_lacks, setup, teardown),
        cmocka_unit_test_setup_teardown(damage_is_told_on_the_first_page_and_behind, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(folders_are_made_or_the_problem_names_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(facts_that_decide_are_compared_both_ways, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
