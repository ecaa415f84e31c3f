#include "runner/store/store.h"

#include <stddef.h>
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

enum column_kind {
    COLUMN_CELL,
    COLUMN_INT,
    COLUMN_NUMBER,
    COLUMN_REAL,
    COLUMN_TEXT,
    COLUMN_STATUS
};

/* What is selected, and where in an element it goes. CELL: an id, which becomes an index; INT and
 * NUMBER: int and int64_t, -1 for NULL; REAL: double, 0 for NULL. */
struct column {
    const char *sql;
    enum column_kind kind;
    size_t field;
};

/* How the rows of a session become the elements of a list. Every list has the index of a cell. */
struct listing {
    const char *from, *where, *order; /* one place in `where`: the session's id */
    size_t size;                      /* of an element */
    const struct column *columns;
    int count;
    bool is_whole; /* a row of a cell that is not among the cells is a problem, else left out */
};

#define COLUMN(type, field, kind, sql)                                                             \
    {                                                                                              \
        sql, COLUMN_##kind, offsetof(struct type, field)                                           \
    }
#define COLUMNS(table) .columns = (table), .count = sizeof(table) / sizeof *(table)

static const struct column place_columns[] = {
    COLUMN(place, position, INT, "p.position"),
    COLUMN(place, block, INT, "p.block"),
    COLUMN(place, cell, CELL, "p.cell_id"),
};
static const struct listing places = {
    .from = "plan p LEFT JOIN sample s ON s.session_id = p.session_id AND s.position = p.position",
    .where = "p.session_id = ? AND s.id IS NULL",
    .order = "p.position",
    .size = sizeof(struct place),
    COLUMNS(place_columns),
    .is_whole = true,
};

static const struct column sample_columns[] = {
    COLUMN(sample, cell, CELL, "cell_id"),
    COLUMN(sample, position, INT, "position"),
    COLUMN(sample, status, STATUS, "status"),
    COLUMN(sample, reason, TEXT, "reason"),
    COLUMN(sample, exit_code, INT, "exit_code"),
    COLUMN(sample, signal, INT, "signal"),
    COLUMN(sample, ops, NUMBER, "ops"),
    COLUMN(sample, elapsed_ns, NUMBER, "elapsed_ns"),
    COLUMN(sample, wall_ns, NUMBER, "wall_ns"),
    COLUMN(sample, user_ns, NUMBER, "user_ns"),
    COLUMN(sample, system_ns, NUMBER, "system_ns"),
    COLUMN(sample, minflt_start, NUMBER, "minflt_start"),
    COLUMN(sample, minflt_phase, NUMBER, "minflt_phase"),
    COLUMN(sample, minflt_total, NUMBER, "minflt_total"),
    COLUMN(sample, peak_rss, NUMBER, "peak_rss"),
    COLUMN(sample, rss_end, NUMBER, "rss_end"),
    COLUMN(sample, corruptions, NUMBER, "corruptions"),
    COLUMN(sample, audit_errors, NUMBER, "audit_errors"),
};
static const struct listing samples_of_cells = {
    .from = "sample",
    .where = "session_id = ?",
    .order = "position",
    .size = sizeof(struct sample),
    COLUMNS(sample_columns),
};

static const struct column latency_columns[] = {
    COLUMN(latency_result, cell, CELL, "cell_id"),
    COLUMN(latency_result, latency.operation, TEXT, "operation"),
    COLUMN(latency_result, latency.count, NUMBER, "count"),
    COLUMN(latency_result, latency.timed, NUMBER, "timed"),
    COLUMN(latency_result, latency.overhead_ns, REAL, "overhead_ns"),
    COLUMN(latency_result, latency.p50_ns, REAL, "p50_ns"),
    COLUMN(latency_result, latency.p90_ns, REAL, "p90_ns"),
    COLUMN(latency_result, latency.p99_ns, REAL, "p99_ns"),
    COLUMN(latency_result, latency.p999_ns, REAL, "p999_ns"),
    COLUMN(latency_result, latency.max_ns, REAL, "max_ns"),
    COLUMN(latency_result, step_ns, REAL,
           "(SELECT value / 1000.0 FROM kpi WHERE kpi.sample_id = id"
           " AND name = 'work.clock_step_ps')"),
};
static const struct listing latencies = {
    .from = "sample JOIN latency ON sample_id = id",
    .where = "session_id = ? AND status = 'ok'",
    .order = "position, operation",
    .size = sizeof(struct latency_result),
    COLUMNS(latency_columns),
};

static const struct column kpi_columns[] = {
    COLUMN(kpi_result, cell, CELL, "cell_id"),
    COLUMN(kpi_result, kpi.name, TEXT, "name"),
    COLUMN(kpi_result, kpi.value, NUMBER, "value"),
};
static const struct listing kpis = {
    .from = "sample JOIN kpi ON sample_id = id",
    .where = "session_id = ?",
    .order = "position, kpi.rowid",
    .size = sizeof(struct kpi_result),
    COLUMNS(kpi_columns),
};

static const struct column micro_columns[] = {
    COLUMN(micro_result, cell, CELL, "cell_id"),
    COLUMN(micro_result, name, TEXT, "name"),
    COLUMN(micro_result, threads, INT, "threads"),
    COLUMN(micro_result, ns_per_op, REAL, "ns_per_op"),
    COLUMN(micro_result, faults_per_op, REAL, "faults_per_op"),
};
static const struct listing micros = {
    .from = "micro",
    .where = "session_id = ?",
    .order = "sample_id, place",
    .size = sizeof(struct micro_result),
    COLUMNS(micro_columns),
};

/* An element of a row; the index of its cell, -1 when that is not among the cells. */
static int read_row(struct arena *arena, sqlite3_stmt *row, const struct cells *cells,
                    const struct listing *listing, char *element)
{
    int cell = -1;
    for (int i = 0; i < listing->count; i++) {
        void *field = element + listing->columns[i].field;
        switch (listing->columns[i].kind) {
        case COLUMN_CELL:
            cell = *(int *)field = find_cell(cells, sqlite3_column_int64(row, i));
            break;
        case COLUMN_INT:
            *(int *)field = (int)database_known(row, i);
            break;
        case COLUMN_NUMBER:
            *(int64_t *)field = database_known(row, i);
            break;
        case COLUMN_REAL:
            *(double *)field = sqlite3_column_double(row, i);
            break;
        case COLUMN_TEXT:
            *(const char **)field = database_text(arena, row, i);
            break;
        case COLUMN_STATUS:
            *(enum sample_status *)field =
                sample_status_from_name((const char *)sqlite3_column_text(row, i));
        }
    }
    return cell;
}

/* Room for as many elements as there are rows: only this process writes to the session. */
static int make_room(struct store *store, struct arena *arena, const struct listing *listing,
                     int64_t session_id, void **room, struct problem *problem)
{
    sqlite3_stmt *statement = prepare_for(
        store,
        arena_printf(arena, "SELECT count(*) FROM %s WHERE %s", listing->from, listing->where),
        session_id, problem);
    if (statement == NULL)
        return -1;
    const int step = database_step(&store->database, statement, problem);
    if (step == 1)
        *room = arena_alloc(arena, (size_t)sqlite3_column_int(statement, 0) * listing->size);
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

/* Elements of one listing. */
struct rows {
    void *at;
    int count;
};

static int load(struct store *store, struct arena *arena, const struct session *session,
                const struct cells *cells, const struct listing *listing, struct rows *rows,
                struct problem *problem)
{
    struct strings names = {0};
    *rows = (struct rows){0};
    for (int i = 0; i < listing->count; i++)
        strings_add(arena, &names, listing->columns[i].sql);
    if (make_room(store, arena, listing, session->id, &rows->at, problem) != 0)
        return -1;
    const char *sql = arena_printf(arena, "SELECT %s FROM %s WHERE %s ORDER BY %s",
                                   strings_join(arena, &names, ", "), listing->from, listing->where,
                                   listing->order);
    sqlite3_stmt *statement = prepare_for(store, sql, session->id, problem);
    if (statement == NULL)
        return -1;
    int step;
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        char *element = (char *)rows->at + (size_t)rows->count * listing->size;
        memset(element, 0, listing->size);
        if (read_row(arena, statement, cells, listing, element) >= 0) {
            rows->count++;
        } else if (listing->is_whole) {
            step = problem_set(problem,
                               "session %lld was of other allocators or workloads: run "
                               "without --resume",
                               (long long)session->id);
            break;
        }
    }
    sqlite3_finalize(statement);
    return step;
}

int store_load_remaining(struct store *store, struct arena *arena, const struct session *session,
                         const struct cells *cells, struct plan *plan, struct problem *problem)
{
    struct rows rows;
    const int status = load(store, arena, session, cells, &places, &rows, problem);
    *plan = (struct plan){.at = rows.at, .count = rows.count};
    return status;
}

int store_load_samples(struct store *store, struct arena *arena, const struct session *session,
                       const struct cells *cells, struct samples *samples, struct problem *problem)
{
    struct rows rows;
    const int status = load(store, arena, session, cells, &samples_of_cells, &rows, problem);
    *samples = (struct samples){.at = rows.at, .count = rows.count};
    return status;
}

int store_load_latencies(struct store *store, struct arena *arena, const struct session *session,
                         const struct cells *cells, struct latency_results *results,
                         struct problem *problem)
{
    struct rows rows;
    const int status = load(store, arena, session, cells, &latencies, &rows, problem);
    *results = (struct latency_results){.at = rows.at, .count = rows.count};
    for (int i = 0; i < results->count; i++)
        if (results->at[i].step_ns > results->step_ns)
            results->step_ns = results->at[i].step_ns;
    return status;
}

int store_load_kpis(struct store *store, struct arena *arena, const struct session *session,
                    const struct cells *cells, struct kpi_results *results, struct problem *problem)
{
    struct rows rows;
    const int status = load(store, arena, session, cells, &kpis, &rows, problem);
    *results = (struct kpi_results){.at = rows.at, .count = rows.count};
    return status;
}

int store_load_micro(struct store *store, struct arena *arena, const struct session *session,
                     const struct cells *cells, struct micro_results *results,
                     struct problem *problem)
{
    struct rows rows;
    const int status = load(store, arena, session, cells, &micros, &rows, problem);
    *results = (struct micro_results){.at = rows.at, .count = rows.count};
    return status;
}
