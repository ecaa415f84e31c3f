#include "runner/trend/history.h"

#include <jansson.h>
#include <stdlib.h>

const char *history_metric_name(enum history_metric metric)
{
    static const char *const names[HISTORY_METRICS] = {"time", "faults",       "rss",
                                                       "p999", "instructions", "build"};
    return names[metric];
}

static void bind_real(sqlite3_stmt *statement, int *at, bool known, double value)
{
    if (known)
        sqlite3_bind_double(statement, (*at)++, value);
    else
        sqlite3_bind_null(statement, (*at)++);
}

/* NULL when there is nothing to tell; the caller frees it. */
static char *blocks_text(const struct history_row *row)
{
    if (row->blocks == NULL || row->reason != NULL)
        return NULL;
    json_t *array = json_array();
    for (int i = 0; i < row->n; i++)
        json_array_append_new(array, json_real(row->blocks[i]));
    char *text = json_dumps(array, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(array);
    return text;
}

static int put_row(struct store *store, sqlite3_stmt *statement, const struct history_row *row,
                   struct problem *problem)
{
    const bool known = row->reason == NULL;
    char *blocks = blocks_text(row);
    int at = 1;
    database_bind_text(statement, &at, row->anchor);
    database_bind_text(statement, &at, row->workload);
    database_bind_text(statement, &at, history_metric_name(row->metric));
    database_bind_number(statement, &at, row->commit->position);
    database_bind_text(statement, &at, row->commit->id);
    database_bind_text(statement, &at, row->commit->utc);
    database_bind_text(statement, &at, row->commit->subject);
    bind_real(statement, &at, known, row->value.estimate);
    bind_real(statement, &at, known, row->value.low);
    bind_real(statement, &at, known, row->value.high);
    database_bind_number(statement, &at, row->n);
    bind_real(statement, &at, known, row->candidate);
    bind_real(statement, &at, known, row->reference);
    database_bind_text(statement, &at, blocks);
    database_bind_text(statement, &at, row->reason);
    database_bind_known(statement, &at, row->session_id > 0 ? row->session_id : RECORD_NONE);
    const int step = database_step(&store->database, statement, problem);
    sqlite3_reset(statement);
    free(blocks);
    return step < 0 ? -1 : 0;
}

int history_put(struct store *store, const struct history_row *rows, int count,
                struct problem *problem)
{
    if (database_execute(&store->database, "BEGIN IMMEDIATE", problem) != 0)
        return -1;
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "INSERT OR REPLACE INTO history (anchor, workload, metric, position, commit_id,"
        " committed_utc, subject, value, low, high, n, candidate, reference, blocks, reason,"
        " session_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < count && status == 0; i++)
        status = put_row(store, statement, &rows[i], problem);
    sqlite3_finalize(statement);
    if (status == 0 && database_execute(&store->database, "COMMIT", problem) == 0)
        return 0;
    struct problem undone = {0};
    database_execute(&store->database, "ROLLBACK", &undone);
    return -1;
}

int history_has(struct store *store, const char *anchor, const char *workload,
                const struct commit *commit, bool *has, struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "SELECT 1 FROM history WHERE anchor = ?1 AND position = ?3 AND commit_id = ?4"
        " AND ((workload = ?2 AND metric = 'time') OR (workload = '' AND metric = 'build'))",
        problem);
    if (statement == NULL)
        return -1;
    int at = 1;
    database_bind_text(statement, &at, anchor);
    database_bind_text(statement, &at, workload);
    database_bind_number(statement, &at, commit->position);
    database_bind_text(statement, &at, commit->id);
    const int step = database_step(&store->database, statement, problem);
    *has = step == 1;
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

int history_anchor(struct store *store, struct arena *arena, const char **anchor,
                   struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database, "SELECT anchor FROM history ORDER BY session_id DESC LIMIT 1", problem);
    if (statement == NULL)
        return -1;
    const int step = database_step(&store->database, statement, problem);
    *anchor = step == 1 ? database_text(arena, statement, 0) : NULL;
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

int accepted_put(struct store *store, const char *commit, const char *workload, const char *why,
                 struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "INSERT OR REPLACE INTO accepted VALUES (?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
        problem);
    if (statement == NULL)
        return -1;
    int at = 1;
    database_bind_text(statement, &at, commit);
    database_bind_text(statement, &at, workload != NULL ? workload : "");
    database_bind_text(statement, &at, why);
    return database_finish(&store->database, statement, problem);
}
