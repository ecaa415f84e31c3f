#include "runner/store/store.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* mkdir -p. */
static int make_folder(struct arena *arena, const char *folder, struct problem *problem)
{
    char *path = arena_copy(arena, folder);
    for (char *slash = path + 1;; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        const char kept = *slash;
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return problem_set(problem,
                               "cannot make the folder %s: %s: choose another with "
                               "--results",
                               path, strerror(errno));
        *slash = kept;
        if (kept == '\0')
            break;
    }
    struct stat status;
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
        return problem_set(problem, "%s is not a folder: choose another with --results", folder);
    return 0;
}

int store_open(struct arena *arena, const char *folder, const char *schema_path,
               struct store **store, struct problem *problem)
{
    *store = NULL;
    if (*folder == '\0')
        return problem_set(problem, "--results names no folder: give one");
    if (make_folder(arena, folder, problem) != 0)
        return -1;
    struct store *opened = arena_alloc(arena, sizeof *opened);
    const char *path = arena_printf(arena, "%s/results.sqlite", folder);
    if (database_open(arena, path, schema_path, STORE_SCHEMA_VERSION, &opened->database, problem) !=
        0) {
        database_close(&opened->database);
        return -1;
    }
    *store = opened;
    return 0;
}

void store_close(struct store *store)
{
    if (store != NULL)
        database_close(&store->database);
}

const char *store_path(const struct store *store)
{
    return store->database.path;
}

/* Steps a statement that returns no row, and makes it ready for the next values. */
static int put(struct store *store, sqlite3_stmt *statement, struct problem *problem)
{
    const int step = database_step(&store->database, statement, problem);
    sqlite3_reset(statement);
    return step < 0 ? -1 : 0;
}

static int put_facts(struct store *store, int64_t session_id, const struct facts *facts,
                     struct problem *problem)
{
    sqlite3_stmt *statement =
        database_prepare(&store->database, "INSERT OR REPLACE INTO fact VALUES (?, ?, ?)", problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < facts->keys.count && status == 0; i++) {
        int at = 1;
        database_bind_number(statement, &at, session_id);
        database_bind_text(statement, &at, facts->keys.at[i]);
        database_bind_text(statement, &at, facts->values.at[i]);
        status = put(store, statement, problem);
    }
    sqlite3_finalize(statement);
    return status;
}

char *store_arguments_text(const struct cell *cell)
{
    json_t *array = json_array();
    for (int i = 0; i < cell->arguments.count; i++)
        json_array_append_new(
            array, json_stringn_nocheck(cell->arguments.at[i], strlen(cell->arguments.at[i])));
    char *text = json_dumps(array, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(array);
    return text;
}

static int put_cells(struct store *store, int64_t session_id, struct cells *cells,
                     struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(&store->database,
                                               "INSERT INTO cell (session_id, allocator, workload, "
                                               "side, program, arguments, state, reason, pass)"
                                               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                               problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < cells->count && status == 0; i++) {
        struct cell *cell = &cells->at[i];
        char *arguments = store_arguments_text(cell);
        const char *missing = cell->allocator.missing;
        int at = 1;
        database_bind_number(statement, &at, session_id);
        database_bind_text(statement, &at, cell->allocator.name);
        database_bind_text(statement, &at, cell->workload);
        database_bind_text(statement, &at, cell->side);
        database_bind_text(statement, &at, cell->program);
        database_bind_text(statement, &at, arguments != NULL ? arguments : "[]");
        database_bind_text(statement, &at, missing != NULL ? "missing" : "measured");
        database_bind_text(statement, &at, missing);
        database_bind_text(statement, &at, pass_name(cell->pass));
        status = put(store, statement, problem);
        cell->id = sqlite3_last_insert_rowid(store->database.handle);
        free(arguments);
    }
    sqlite3_finalize(statement);
    return status;
}

static int put_plan(struct store *store, int64_t session_id, const struct cells *cells,
                    const struct plan *plan, struct problem *problem)
{
    sqlite3_stmt *statement =
        database_prepare(&store->database, "INSERT INTO plan VALUES (?, ?, ?, ?)", problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < plan->count && status == 0; i++) {
        int at = 1;
        database_bind_number(statement, &at, session_id);
        database_bind_number(statement, &at, plan->at[i].position);
        database_bind_number(statement, &at, plan->at[i].block);
        database_bind_number(statement, &at, cells->at[plan->at[i].cell].id);
        status = put(store, statement, problem);
    }
    sqlite3_finalize(statement);
    return status;
}

static int put_session(struct store *store, struct session *session, struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "INSERT INTO session (kind, mode, started_utc, seed, command, commit_id, dirty)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        problem);
    if (statement == NULL)
        return -1;
    int at = 1;
    database_bind_text(statement, &at, session->kind);
    database_bind_text(statement, &at, session->mode);
    database_bind_text(statement, &at, session->started_utc);
    database_bind_number(statement, &at, (int64_t)session->seed);
    database_bind_text(statement, &at, session->command);
    database_bind_text(statement, &at, session->commit_id);
    database_bind_known(statement, &at, session->dirty);
    const int status = put(store, statement, problem);
    session->id = sqlite3_last_insert_rowid(store->database.handle);
    sqlite3_finalize(statement);
    return status;
}

/* Always -1. Of an undone transaction only its own contents are lost. */
static int undo(struct store *store)
{
    struct problem undone = {0};
    database_execute(&store->database, "ROLLBACK", &undone);
    return -1;
}

int store_add_session(struct store *store, struct session *session, const struct facts *facts,
                      struct cells *cells, const struct plan *plan, struct problem *problem)
{
    if (database_execute(&store->database, "BEGIN IMMEDIATE", problem) != 0)
        return -1;
    if (put_session(store, session, problem) == 0 &&
        put_facts(store, session->id, facts, problem) == 0 &&
        put_cells(store, session->id, cells, problem) == 0 &&
        put_plan(store, session->id, cells, plan, problem) == 0 &&
        database_execute(&store->database, "COMMIT", problem) == 0)
        return 0;
    return undo(store);
}

static int put_sample(struct store *store, const struct session *session, const struct cells *cells,
                      const struct sample *sample, struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "INSERT INTO sample (session_id, position, cell_id, started_utc, status, reason, exit_code,"
        " signal, ops, elapsed_ns, wall_ns, user_ns, system_ns, minflt_start, minflt_phase,"
        " minflt_total, majflt_total, nvcsw, nivcsw, peak_rss, rss_end, corruptions, audit_errors,"
        " malloc_object, malloc_build_id, free_object, free_build_id, variant, output)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        problem);
    if (statement == NULL)
        return -1;
    const int64_t numbers[] = {sample->ops,          sample->elapsed_ns,   sample->wall_ns,
                               sample->user_ns,      sample->system_ns,    sample->minflt_start,
                               sample->minflt_phase, sample->minflt_total, sample->majflt_total,
                               sample->nvcsw,        sample->nivcsw,       sample->peak_rss,
                               sample->rss_end,      sample->corruptions,  sample->audit_errors};
    const char *texts[] = {sample->malloc_object, sample->malloc_build_id, sample->free_object,
                           sample->free_build_id, sample->variant,         sample->output};
    const bool exited = sample->signal == 0;
    int at = 1;
    database_bind_number(statement, &at, session->id);
    database_bind_number(statement, &at, sample->position);
    database_bind_number(statement, &at, cells->at[sample->cell].id);
    database_bind_text(statement, &at, sample->started_utc);
    database_bind_text(statement, &at, sample_status_name(sample->status));
    database_bind_text(statement, &at, sample->reason);
    database_bind_known(statement, &at, exited ? sample->exit_code : RECORD_NONE);
    database_bind_known(statement, &at, exited ? RECORD_NONE : sample->signal);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        database_bind_known(statement, &at, numbers[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        database_bind_text(statement, &at, texts[i]);
    const int status = put(store, statement, problem);
    sqlite3_finalize(statement);
    return status;
}

static int put_latencies(struct store *store, int64_t sample_id, const struct details *details,
                         struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database, "INSERT INTO latency VALUES (?,?,?,?,?,?,?,?,?,?,?)", problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < details->latency_count && status == 0; i++) {
        const struct latency *latency = &details->latencies[i];
        const double times[] = {latency->overhead_ns, latency->p50_ns,  latency->p90_ns,
                                latency->p99_ns,      latency->p999_ns, latency->max_ns};
        int at = 1;
        database_bind_number(statement, &at, sample_id);
        database_bind_text(statement, &at, latency->operation);
        database_bind_number(statement, &at, latency->count);
        database_bind_number(statement, &at, latency->timed);
        for (size_t t = 0; t < sizeof times / sizeof *times; t++)
            sqlite3_bind_double(statement, at++, times[t]);
        database_bind_text(statement, &at, latency->buckets);
        status = put(store, statement, problem);
    }
    sqlite3_finalize(statement);
    return status;
}

static int put_moments(struct store *store, int64_t sample_id, const struct details *details,
                       struct problem *problem)
{
    sqlite3_stmt *statement =
        database_prepare(&store->database, "INSERT INTO timeline VALUES (?,?,?,?)", problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < details->moment_count && status == 0; i++) {
        int at = 1;
        database_bind_number(statement, &at, sample_id);
        database_bind_number(statement, &at, details->moments[i].at_ns);
        database_bind_number(statement, &at, details->moments[i].rss);
        database_bind_number(statement, &at, details->moments[i].minflt);
        status = put(store, statement, problem);
    }
    sqlite3_finalize(statement);
    return status;
}

static int put_kpis(struct store *store, int64_t sample_id, const struct details *details,
                    struct problem *problem)
{
    sqlite3_stmt *statement =
        database_prepare(&store->database, "INSERT INTO kpi VALUES (?,?,?)", problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < details->kpi_count && status == 0; i++) {
        int at = 1;
        database_bind_number(statement, &at, sample_id);
        database_bind_text(statement, &at, details->kpis[i].name);
        database_bind_number(statement, &at, details->kpis[i].value);
        status = put(store, statement, problem);
    }
    sqlite3_finalize(statement);
    return status;
}

static int put_details(struct store *store, const struct details *details, struct problem *problem)
{
    const int64_t id = sqlite3_last_insert_rowid(store->database.handle);
    return put_latencies(store, id, details, problem) == 0 &&
                   put_moments(store, id, details, problem) == 0 &&
                   put_kpis(store, id, details, problem) == 0
               ? 0
               : -1;
}

int store_add_sample(struct store *store, const struct session *session, const struct cells *cells,
                     const struct sample *sample, struct problem *problem)
{
    if (database_execute(&store->database, "BEGIN IMMEDIATE", problem) != 0)
        return -1;
    if (put_sample(store, session, cells, sample, problem) == 0 &&
        put_details(store, &sample->details, problem) == 0 &&
        database_execute(&store->database, "COMMIT", problem) == 0)
        return 0;
    return undo(store);
}

int store_add_misuse(struct store *store, const struct session *session,
                     const struct misuse *misuse, struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database, "INSERT INTO misuse VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", problem);
    if (statement == NULL)
        return -1;
    const struct prediction *predicted = &misuse->predicted;
    const bool known = misuse->has_prediction, exited = misuse->signal == 0;
    int at = 1;
    database_bind_number(statement, &at, session->id);
    database_bind_text(statement, &at, misuse->allocator);
    database_bind_text(statement, &at, misuse->case_id);
    database_bind_number(statement, &at, misuse->group);
    database_bind_text(statement, &at, misuse->title);
    database_bind_text(statement, &at, misuse_verdict_name(misuse->verdict));
    database_bind_text(statement, &at, misuse->layer);
    database_bind_text(statement, &at, misuse->tag);
    database_bind_text(statement, &at, misuse->reports);
    database_bind_number(statement, &at, misuse->report_count);
    database_bind_known(statement, &at, exited ? misuse->exit_code : RECORD_NONE);
    database_bind_known(statement, &at, exited ? RECORD_NONE : misuse->signal);
    database_bind_text(statement, &at, known ? misuse_verdict_name(predicted->verdict) : NULL);
    database_bind_text(statement, &at, known ? predicted->layer : NULL);
    database_bind_text(statement, &at, known ? predicted->tag : NULL);
    database_bind_known(statement, &at, known ? misuse->held : RECORD_NONE);
    database_bind_text(statement, &at, misuse->reason);
    const int status = put(store, statement, problem);
    sqlite3_finalize(statement);
    return status;
}

int store_end_session(struct store *store, const struct session *session, const struct facts *facts,
                      struct problem *problem)
{
    if (put_facts(store, session->id, facts, problem) != 0)
        return -1;
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "UPDATE session SET ended_utc = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?",
        problem);
    if (statement == NULL)
        return -1;
    int at = 1;
    database_bind_number(statement, &at, session->id);
    const int status = put(store, statement, problem);
    sqlite3_finalize(statement);
    return status;
}
