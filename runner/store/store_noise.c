#include "runner/store/store_noise.h"

static int put_rows(struct store *store, int64_t session_id, const struct noises *noises,
                    struct problem *problem)
{
    sqlite3_stmt *statement =
        database_prepare(&store->database,
                         "INSERT INTO noise (session_id, workload, allocator, side, samples,"
                         " pairs, spread, p95) VALUES (?,?,?,?,?,?,?,?)",
                         problem);
    int status = statement != NULL ? 0 : -1;
    for (int i = 0; i < noises->count && status == 0; i++) {
        const struct noise *noise = &noises->at[i];
        int at = 1;
        database_bind_number(statement, &at, session_id);
        database_bind_text(statement, &at, noise->workload);
        database_bind_text(statement, &at, noise->allocator);
        database_bind_text(statement, &at, noise->side);
        database_bind_number(statement, &at, noise->samples);
        database_bind_number(statement, &at, noise->pairs);
        sqlite3_bind_double(statement, at++, noise->spread);
        sqlite3_bind_double(statement, at, noise->p95);
        status = database_step(&store->database, statement, problem) < 0 ? -1 : 0;
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return status;
}

int store_put_noise(struct store *store, int64_t session_id, const struct noises *noises,
                    struct problem *problem)
{
    char sql[96];
    sqlite3_snprintf(sizeof sql, sql, "BEGIN IMMEDIATE; DELETE FROM noise WHERE session_id = %lld",
                     (long long)session_id);
    if (database_execute(&store->database, sql, problem) != 0)
        return -1;
    if (put_rows(store, session_id, noises, problem) == 0 &&
        database_execute(&store->database, "COMMIT", problem) == 0)
        return 0;
    struct problem undone = {0};
    database_execute(&store->database, "ROLLBACK", &undone);
    return -1;
}
