#include "runner/store/gbench.h"
#include "runner/store/select.h"

#include <stdlib.h>
#include <string.h>

static sqlite3_stmt *prepare(struct store *store, const char *sql, int64_t id,
                             struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(&store->database, sql, problem);
    int at = 1;
    if (statement != NULL)
        database_bind_number(statement, &at, id);
    return statement;
}

/* Finds the id when none is asked for. */
static int load_session(struct store *store, struct arena *arena, int64_t id,
                        struct export_session *session, struct problem *problem)
{
    sqlite3_stmt *statement =
        prepare(store,
                "SELECT id, kind, mode, started_utc, commit_id FROM session WHERE id ="
                " CASE WHEN ?1 > 0 THEN ?1 ELSE (SELECT max(session_id) FROM (SELECT session_id"
                " FROM sample UNION ALL SELECT session_id FROM misuse)) END",
                id, problem);
    if (statement == NULL)
        return -1;
    const int step = database_step(&store->database, statement, problem);
    if (step == 1)
        *session = (struct export_session){.id = sqlite3_column_int64(statement, 0),
                                           .kind = database_text(arena, statement, 1),
                                           .mode = database_text(arena, statement, 2),
                                           .started_utc = database_text(arena, statement, 3),
                                           .commit_id = database_text(arena, statement, 4)};
    sqlite3_finalize(statement);
    if (step == 0 && id > 0)
        return problem_set(problem, "%s has no session %lld: leave --session out for the newest",
                           store_path(store), (long long)id);
    if (step == 0)
        return problem_set(problem,
                           "%s holds no results yet: measure first, with hakbench run "
                           "--mode quick, say",
                           store_path(store));
    if (step < 0 || store_load_facts(store, arena, session->id, &session->facts, problem) != 0)
        return -1;
    for (int i = 0; i < session->facts.values.count; i++)
        session->facts.values.at[i] = export_clean(arena, session->facts.values.at[i]);
    return 0;
}

static bool is_mode(const struct export_session *session, const char *mode)
{
    return session->mode != NULL && strcmp(session->mode, mode) == 0;
}

static struct export_series *add_series(struct arena *arena, struct export_session *session)
{
    if ((session->count & (session->count - 1)) == 0) { /* full: 0, 1, 2, 4, ... */
        const size_t room = session->count > 0 ? 2 * (size_t)session->count : 1;
        struct export_series *series = arena_alloc(arena, room * sizeof *series);
        if (session->count > 0)
            memcpy(series, session->series, (size_t)session->count * sizeof *series);
        session->series = series;
    }
    return &session->series[session->count++];
}

static const char *series_name(struct arena *arena, const char *workload, const char *allocator,
                               const char *side)
{
    return *side == '\0' ? arena_printf(arena, "%s/%s", workload, allocator)
                         : arena_printf(arena, "%s/%s/%s", workload, allocator, side);
}

/* "program argument ..." of a cell, and its threads. */
static void read_command(struct arena *arena, const char *program, const char *arguments,
                         struct export_series *series)
{
    json_t *array = json_loads(arguments, 0, NULL);
    struct strings words = {0};
    size_t i;
    const json_t *word;
    json_array_foreach(array, i, word)
    {
        if (json_is_string(word))
            strings_add(arena, &words, arena_copy(arena, json_string_value(word)));
    }
    json_decref(array);
    series->threads = select_threads(&words);
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    if (words.count > 0)
        name = arena_printf(arena, "%s %s", name, strings_join(arena, &words, " "));
    series->command = export_clean(arena, name);
}

enum sample_column {
    CELL_ID,
    ALLOCATOR,
    WORKLOAD,
    SIDE,
    PROGRAM,
    ARGUMENTS,
    MISSING,
    STATUS,
    REASON,
    EXIT_CODE,
    SIGNAL,
    OPS,
    ELAPSED,
    WALL,
    USER,
    SYSTEM,
    FAULTS,
    PEAK_RSS,
    CORRUPTIONS
};

/* A sample in which something was corrupted is no measurement, whatever its process said. */
static void read_sample(struct arena *arena, sqlite3_stmt *row, struct export_point *point)
{
    const int64_t corruptions = sqlite3_column_int64(row, CORRUPTIONS);
    const int64_t ops = database_known(row, OPS);
    point->status = sample_status_from_name((const char *)sqlite3_column_text(row, STATUS));
    point->reason = export_clean(arena, database_text(arena, row, REASON));
    point->exit_code = sqlite3_column_int(row, EXIT_CODE);
    point->signal = sqlite3_column_int(row, SIGNAL);
    if (point->status == SAMPLE_OK && corruptions > 0) {
        point->status = SAMPLE_FAILED;
        point->reason = arena_printf(arena, "%lld corruptions", (long long)corruptions);
    }
    if (point->status != SAMPLE_OK)
        return;
    const bool is_timed = ops > 0 && sqlite3_column_int64(row, ELAPSED) > 0;
    point->operations = is_timed ? ops : 1;
    point->elapsed_ns = sqlite3_column_double(row, is_timed ? ELAPSED : WALL);
    point->user_ns = sqlite3_column_double(row, USER);
    point->system_ns = sqlite3_column_double(row, SYSTEM);
    point->cpu_ns = point->user_ns + point->system_ns;
    point->faults = database_known(row, FAULTS);
    point->peak_rss = database_known(row, PEAK_RSS);
}

/* A new one, unless hyperfine's runs of that cell are there already. */
static struct export_series *series_of_cell(struct arena *arena, sqlite3_stmt *row,
                                            struct export_session *session)
{
    struct export_series found = {.workload = database_text(arena, row, WORKLOAD),
                                  .allocator = database_text(arena, row, ALLOCATOR),
                                  .side = database_text(arena, row, SIDE),
                                  .missing =
                                      export_clean(arena, database_text(arena, row, MISSING)),
                                  .unit = "runs"};
    found.name = series_name(arena, found.workload, found.allocator, found.side);
    for (int i = 0; i < session->count; i++)
        if (strcmp(session->series[i].name, found.name) == 0)
            return &session->series[i];
    read_command(arena, (const char *)sqlite3_column_text(row, PROGRAM),
                 (const char *)sqlite3_column_text(row, ARGUMENTS), &found);
    struct export_series *series = add_series(arena, session);
    *series = found;
    return series;
}

/* `with_ok`: those that are ok, too. A cell without samples is a series only when it is missing. */
static int load_samples(struct store *store, struct arena *arena, bool with_ok,
                        struct export_session *session, struct problem *problem)
{
    sqlite3_stmt *row = prepare(
        store,
        "SELECT c.id, c.allocator, c.workload, c.side, c.program, c.arguments,"
        " CASE c.state WHEN 'missing' THEN c.reason END, s.status, s.reason, s.exit_code, s.signal,"
        " s.ops, s.elapsed_ns, s.wall_ns, s.user_ns, s.system_ns,"
        " coalesce(s.minflt_phase, s.minflt_total), s.peak_rss,"
        " coalesce(s.corruptions, 0) + coalesce(s.audit_errors, 0)"
        " FROM cell c LEFT JOIN sample s ON s.cell_id = c.id AND s.session_id = c.session_id"
        " WHERE c.session_id = ? AND c.pass = 'throughput'"
        " AND (s.id IS NOT NULL OR c.state = 'missing') ORDER BY c.id, s.position",
        session->id, problem);
    if (row == NULL)
        return -1;
    struct export_series *series = NULL;
    int64_t cell = 0;
    int step;
    while ((step = database_step(&store->database, row, problem)) == 1) {
        const bool is_ok = sqlite3_column_type(row, STATUS) != SQLITE_NULL &&
                           strcmp((const char *)sqlite3_column_text(row, STATUS), "ok") == 0;
        if (is_ok && !with_ok)
            continue;
        if (sqlite3_column_int64(row, CELL_ID) != cell) {
            cell = sqlite3_column_int64(row, CELL_ID);
            series = series_of_cell(arena, row, session);
        }
        if (sqlite3_column_type(row, STATUS) == SQLITE_NULL)
            continue;
        read_sample(arena, row, export_add_point(arena, series));
        if (sqlite3_column_int64(row, ELAPSED) > 0)
            series->unit = "ops";
    }
    sqlite3_finalize(row);
    return step;
}

/* Of every benchmark under every allocator a series, a process a point. */
static int load_micro(struct store *store, struct arena *arena, struct export_session *session,
                      struct problem *problem)
{
    sqlite3_stmt *row = prepare(store,
                                "SELECT m.cell_id, m.allocator, m.name, m.threads, m.iterations,"
                                " m.real_ns, m.cpu_ns FROM micro m WHERE m.session_id = ?"
                                " ORDER BY m.cell_id, m.place, m.sample_id",
                                session->id, problem);
    if (row == NULL)
        return -1;
    struct export_series *series = NULL;
    int step;
    while ((step = database_step(&store->database, row, problem)) == 1) {
        const char *allocator = database_text(arena, row, 1);
        const char *name = database_text(arena, row, 2);
        if (series == NULL || strcmp(series->allocator, allocator) != 0 ||
            strcmp(series->workload, name) != 0) {
            series = add_series(arena, session);
            *series = (struct export_series){.workload = name,
                                             .allocator = allocator,
                                             .side = "",
                                             .name = series_name(arena, name, allocator, ""),
                                             .unit = "ops",
                                             .command = "micro",
                                             .threads = sqlite3_column_int(row, 3)};
        }
        struct export_point *point = export_add_point(arena, series);
        point->operations = sqlite3_column_int64(row, 4);
        point->elapsed_ns = sqlite3_column_double(row, 5) * (double)point->operations;
        point->cpu_ns = sqlite3_column_double(row, 6) * (double)point->operations;
    }
    sqlite3_finalize(row);
    return step;
}

/* The runs that hyperfine timed. What it tells of user and system time is a mean over them. */
static void read_runs(struct arena *arena, sqlite3_stmt *row, struct export_series *series)
{
    const char *text = (const char *)sqlite3_column_text(row, 3);
    json_t *result = text != NULL ? json_read_object(text) : NULL;
    size_t i;
    const json_t *time;
    json_array_foreach(json_object_get(result, "times"), i, time)
    {
        struct export_point *point = export_add_point(arena, series);
        point->operations = 1;
        point->elapsed_ns = json_number_value(time) * 1e9;
        point->user_ns = sqlite3_column_double(row, 4);
        point->system_ns = sqlite3_column_double(row, 5);
        point->cpu_ns = point->user_ns + point->system_ns;
    }
    json_decref(result);
    for (int failed = 0; failed < sqlite3_column_int(row, 6); failed++) {
        struct export_point *point = export_add_point(arena, series);
        point->status = SAMPLE_FAILED;
        point->reason = export_clean(arena, database_text(arena, row, 7));
    }
}

static int load_programs(struct store *store, struct arena *arena, struct export_session *session,
                         struct problem *problem)
{
    sqlite3_stmt *row = prepare(store,
                                "SELECT allocator, name, command, hyperfine, user_ns, system_ns,"
                                " failures, reason FROM program p WHERE session_id = ?"
                                " ORDER BY (SELECT c.id FROM cell c WHERE c.session_id ="
                                " p.session_id AND c.workload = p.name AND"
                                " c.allocator = p.allocator)",
                                session->id, problem);
    if (row == NULL)
        return -1;
    int step;
    while ((step = database_step(&store->database, row, problem)) == 1) {
        struct export_series *series = add_series(arena, session);
        *series = (struct export_series){.allocator = database_text(arena, row, 0),
                                         .workload = database_text(arena, row, 1),
                                         .command = database_text(arena, row, 2),
                                         .side = "",
                                         .unit = "runs",
                                         .threads = 1};
        series->name = series_name(arena, series->workload, series->allocator, "");
        read_runs(arena, row, series);
    }
    sqlite3_finalize(row);
    return step;
}

static int load_import(struct store *store, struct arena *arena, struct export_session *session,
                       struct problem *problem)
{
    sqlite3_stmt *row =
        prepare(store, "SELECT output FROM sample WHERE session_id = ?", session->id, problem);
    if (row == NULL)
        return -1;
    const int step = database_step(&store->database, row, problem);
    session->document = step == 1 ? database_text(arena, row, 0) : NULL;
    sqlite3_finalize(row);
    if (step < 0)
        return -1;
    json_t *document = gbench_read(arena, session->document != NULL ? session->document : "",
                                   store_path(store), problem);
    if (document == NULL)
        return -1;
    gbench_series(arena, document, session);
    json_decref(document);
    return 0;
}

static int load_cases(struct store *store, struct arena *arena, struct export_session *session,
                      struct problem *problem)
{
    sqlite3_stmt *row = prepare(store,
                                "SELECT allocator, case_id, title, verdict, reason, held,"
                                " count(*) OVER () FROM misuse WHERE session_id = ?"
                                " ORDER BY rowid",
                                session->id, problem);
    if (row == NULL)
        return -1;
    int step;
    while ((step = database_step(&store->database, row, problem)) == 1) {
        if (session->cases == NULL)
            session->cases =
                arena_alloc(arena, (size_t)sqlite3_column_int(row, 6) * sizeof *session->cases);
        session->cases[session->case_count++] =
            (struct export_case){.allocator = database_text(arena, row, 0),
                                 .case_id = database_text(arena, row, 1),
                                 .title = database_text(arena, row, 2),
                                 .verdict = database_text(arena, row, 3),
                                 .reason = export_clean(arena, database_text(arena, row, 4)),
                                 .is_wrong = database_known(row, 5) == 0};
    }
    sqlite3_finalize(row);
    return step;
}

int export_load(struct store *store, struct arena *arena, int64_t id,
                struct export_session *session, struct problem *problem)
{
    if (load_session(store, arena, id, session, problem) != 0 ||
        load_cases(store, arena, session, problem) != 0)
        return -1;
    if (is_mode(session, "import"))
        return load_import(store, arena, session, problem);
    /* Of these the samples say only what went wrong; what is measured stands elsewhere. */
    const bool is_micro = is_mode(session, "micro"), is_programs = is_mode(session, "programs");
    if ((is_micro && load_micro(store, arena, session, problem) != 0) ||
        (is_programs && load_programs(store, arena, session, problem) != 0))
        return -1;
    if (is_mode(session, "misuse"))
        return 0; /* Its cells only say which builds were there. */
    return load_samples(store, arena, !is_micro && !is_programs, session, problem);
}
