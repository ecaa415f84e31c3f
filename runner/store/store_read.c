#include "runner/store/store.h"

#include <stdlib.h>
#include <string.h>

/* A statement with the session's id in its first place. */
static sqlite3_stmt *prepare_for(struct store *store, const char *sql, int64_t session_id,
                                 struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(&store->database, sql, problem);
    int at = 1;
    if (statement != NULL)
        database_bind_number(statement, &at, session_id);
    return statement;
}

int store_find_unfinished(struct store *store, struct arena *arena, const char *kind,
                          const char *mode, struct session *session, struct problem *problem)
{
    *session = (struct session){.kind = kind};
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "SELECT id, mode, started_utc, seed, command, commit_id, dirty FROM session"
        " WHERE kind = ?1 AND (?2 IS NULL OR mode = ?2) AND ended_utc IS NULL"
        " ORDER BY id DESC LIMIT 1",
        problem);
    if (statement == NULL)
        return -1;
    int at = 1;
    database_bind_text(statement, &at, kind);
    database_bind_text(statement, &at, mode);
    const int step = database_step(&store->database, statement, problem);
    if (step == 1) {
        session->id = sqlite3_column_int64(statement, 0);
        session->mode = database_text(arena, statement, 1);
        session->started_utc = database_text(arena, statement, 2);
        session->seed = (uint64_t)sqlite3_column_int64(statement, 3);
        session->command = database_text(arena, statement, 4);
        session->commit_id = database_text(arena, statement, 5);
        session->dirty = (int)database_known(statement, 6);
    }
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

int store_load_facts(struct store *store, struct arena *arena, int64_t session_id,
                     struct facts *facts, struct problem *problem)
{
    sqlite3_stmt *statement =
        prepare_for(store, "SELECT key, value FROM fact WHERE session_id = ?", session_id, problem);
    if (statement == NULL)
        return -1;
    int step;
    while ((step = database_step(&store->database, statement, problem)) == 1)
        facts_add(arena, facts, database_text(arena, statement, 0),
                  database_text(arena, statement, 1));
    sqlite3_finalize(statement);
    return step;
}

/* The stored cell is the same work: same program, same arguments, measured or missing alike. */
static bool is_same_cell(sqlite3_stmt *statement, const struct cell *cell)
{
    char *arguments = store_arguments_text(cell);
    const char *state = cell->allocator.missing != NULL ? "missing" : "measured";
    const bool same = arguments != NULL &&
                      strcmp((const char *)sqlite3_column_text(statement, 1), cell->program) == 0 &&
                      strcmp((const char *)sqlite3_column_text(statement, 2), arguments) == 0 &&
                      strcmp((const char *)sqlite3_column_text(statement, 3), state) == 0;
    free(arguments);
    return same;
}

int store_match_cells(struct store *store, const struct session *session, struct cells *cells,
                      struct problem *problem)
{
    sqlite3_stmt *statement =
        prepare_for(store,
                    "SELECT id, program, arguments, state FROM cell WHERE session_id = ?"
                    " AND allocator = ? AND workload = ? AND side = ? AND pass = ?",
                    session->id, problem);
    if (statement == NULL)
        return -1;
    int status = 0;
    for (int i = 0; i < cells->count && status == 0; i++) {
        struct cell *cell = &cells->at[i];
        int at = 2;
        database_bind_text(statement, &at, cell->allocator.name);
        database_bind_text(statement, &at, cell->workload);
        database_bind_text(statement, &at, cell->side);
        database_bind_text(statement, &at, pass_name(cell->pass));
        const int step = database_step(&store->database, statement, problem);
        if (step < 0)
            status = -1;
        else if (step == 0 || !is_same_cell(statement, cell))
            status = problem_set(problem,
                                 "%s on %s is not as it was when session %lld began: run "
                                 "without --resume",
                                 cell->allocator.name, cell->workload, (long long)session->id);
        else
            cell->id = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return status;
}

static int find_cell(const struct cells *cells, int64_t id)
{
    for (int i = 0; i < cells->count; i++)
        if (cells->at[i].id == id)
            return i;
    return -1;
}

/* The rows of a session in that table at most, as room for as many elements, and a statement that
 * reads them, with the session's id in its first place. Only this process writes to the session. */
static sqlite3_stmt *prepare_rows(struct store *store, struct arena *arena, const char *table,
                                  const char *sql, int64_t session_id, size_t size, void **room,
                                  struct problem *problem)
{
    sqlite3_stmt *statement = prepare_for(
        store, arena_printf(arena, "SELECT count(*) FROM %s WHERE session_id = ?", table),
        session_id, problem);
    if (statement == NULL)
        return NULL;
    const int step = database_step(&store->database, statement, problem);
    *room = arena_alloc(arena, step == 1 ? (size_t)sqlite3_column_int(statement, 0) * size : 0);
    sqlite3_finalize(statement);
    return step < 0 ? NULL : prepare_for(store, sql, session_id, problem);
}

int store_load_remaining(struct store *store, struct arena *arena, const struct session *session,
                         const struct cells *cells, struct plan *plan, struct problem *problem)
{
    void *room = NULL;
    sqlite3_stmt *statement =
        prepare_rows(store, arena, "plan",
                     "SELECT p.position, p.block, p.cell_id FROM plan p LEFT JOIN sample s"
                     " ON s.session_id = p.session_id AND s.position = p.position"
                     " WHERE p.session_id = ? AND s.id IS NULL ORDER BY p.position",
                     session->id, sizeof *plan->at, &room, problem);
    if (statement == NULL)
        return -1;
    *plan = (struct plan){.at = room};
    int step;
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        const int cell = find_cell(cells, sqlite3_column_int64(statement, 2));
        if (cell < 0) {
            step = problem_set(problem,
                               "session %lld was of other allocators or workloads: run "
                               "without --resume",
                               (long long)session->id);
            break;
        }
        plan->at[plan->count++] = (struct place){.position = sqlite3_column_int(statement, 0),
                                                 .block = sqlite3_column_int(statement, 1),
                                                 .cell = cell};
    }
    sqlite3_finalize(statement);
    return step;
}

static struct sample read_sample(struct arena *arena, sqlite3_stmt *statement, int cell)
{
    return (struct sample){
        .cell = cell,
        .position = sqlite3_column_int(statement, 1),
        .status = sample_status_from_name((const char *)sqlite3_column_text(statement, 2)),
        .reason = database_text(arena, statement, 3),
        .exit_code = (int)database_known(statement, 4),
        .signal = (int)database_known(statement, 5),
        .ops = database_known(statement, 6),
        .elapsed_ns = database_known(statement, 7),
        .wall_ns = database_known(statement, 8),
        .user_ns = database_known(statement, 9),
        .system_ns = database_known(statement, 10),
        .minflt_start = database_known(statement, 11),
        .minflt_phase = database_known(statement, 12),
        .minflt_total = database_known(statement, 13),
        .peak_rss = database_known(statement, 14),
        .rss_end = database_known(statement, 15),
        .corruptions = database_known(statement, 16),
        .audit_errors = database_known(statement, 17),
    };
}

int store_load_samples(struct store *store, struct arena *arena, const struct session *session,
                       const struct cells *cells, struct samples *samples, struct problem *problem)
{
    void *room = NULL;
    sqlite3_stmt *statement = prepare_rows(
        store, arena, "sample",
        "SELECT cell_id, position, status, reason, exit_code, signal, ops, elapsed_ns, wall_ns,"
        " user_ns, system_ns, minflt_start, minflt_phase, minflt_total, peak_rss, rss_end,"
        " corruptions, audit_errors FROM sample WHERE session_id = ? ORDER BY position",
        session->id, sizeof *samples->at, &room, problem);
    if (statement == NULL)
        return -1;
    *samples = (struct samples){.at = room};
    int step;
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        const int cell = find_cell(cells, sqlite3_column_int64(statement, 0));
        if (cell >= 0)
            samples->at[samples->count++] = read_sample(arena, statement, cell);
    }
    sqlite3_finalize(statement);
    return step;
}

int store_load_latencies(struct store *store, struct arena *arena, const struct session *session,
                         const struct cells *cells, struct latency_results *results,
                         struct problem *problem)
{
    void *room = NULL;
    sqlite3_stmt *statement = prepare_rows(
        store, arena, "sample JOIN latency ON sample_id = id",
        "SELECT cell_id, operation, count, timed, overhead_ns, p50_ns, p90_ns, p99_ns, p999_ns,"
        " max_ns, (SELECT value FROM kpi WHERE kpi.sample_id = id AND name = 'work.clock_step_ps')"
        " FROM sample JOIN latency ON sample_id = id"
        " WHERE session_id = ? AND status = 'ok' ORDER BY position, operation",
        session->id, sizeof *results->at, &room, problem);
    if (statement == NULL)
        return -1;
    *results = (struct latency_results){.at = room};
    int step;
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        const int cell = find_cell(cells, sqlite3_column_int64(statement, 0));
        const double step_ns = sqlite3_column_double(statement, 10) / 1000;
        if (cell < 0)
            continue;
        results->step_ns = step_ns > results->step_ns ? step_ns : results->step_ns;
        results->at[results->count++] =
            (struct latency_result){.cell = cell,
                                    .latency = {.operation = database_text(arena, statement, 1),
                                                .count = sqlite3_column_int64(statement, 2),
                                                .timed = sqlite3_column_int64(statement, 3),
                                                .overhead_ns = sqlite3_column_double(statement, 4),
                                                .p50_ns = sqlite3_column_double(statement, 5),
                                                .p90_ns = sqlite3_column_double(statement, 6),
                                                .p99_ns = sqlite3_column_double(statement, 7),
                                                .p999_ns = sqlite3_column_double(statement, 8),
                                                .max_ns = sqlite3_column_double(statement, 9)}};
    }
    sqlite3_finalize(statement);
    return step;
}

int store_load_kpis(struct store *store, struct arena *arena, const struct session *session,
                    const struct cells *cells, struct kpi_results *results, struct problem *problem)
{
    void *room = NULL;
    sqlite3_stmt *statement =
        prepare_rows(store, arena, "sample JOIN kpi ON sample_id = id",
                     "SELECT cell_id, name, value FROM sample JOIN kpi ON sample_id = id"
                     " WHERE session_id = ? ORDER BY position, kpi.rowid",
                     session->id, sizeof *results->at, &room, problem);
    if (statement == NULL)
        return -1;
    *results = (struct kpi_results){.at = room};
    int step;
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        const int cell = find_cell(cells, sqlite3_column_int64(statement, 0));
        if (cell >= 0)
            results->at[results->count++] =
                (struct kpi_result){.cell = cell,
                                    .kpi = {.name = database_text(arena, statement, 1),
                                            .value = sqlite3_column_int64(statement, 2)}};
    }
    sqlite3_finalize(statement);
    return step;
}

int store_load_micro(struct store *store, struct arena *arena, const struct session *session,
                     const struct cells *cells, struct micro_results *results,
                     struct problem *problem)
{
    void *room = NULL;
    sqlite3_stmt *statement =
        prepare_rows(store, arena, "micro",
                     "SELECT cell_id, name, threads, ns_per_op, faults_per_op FROM micro"
                     " WHERE session_id = ? ORDER BY sample_id, place",
                     session->id, sizeof *results->at, &room, problem);
    if (statement == NULL)
        return -1;
    *results = (struct micro_results){.at = room};
    int step;
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        const int cell = find_cell(cells, sqlite3_column_int64(statement, 0));
        if (cell >= 0)
            results->at[results->count++] =
                (struct micro_result){.cell = cell,
                                      .name = database_text(arena, statement, 1),
                                      .threads = sqlite3_column_int(statement, 2),
                                      .ns_per_op = sqlite3_column_double(statement, 3),
                                      .faults_per_op = sqlite3_column_double(statement, 4)};
    }
    sqlite3_finalize(statement);
    return step;
}
