#include "runner/store/database.h"

#include <errno.h>
#include <string.h>

/* How long a report that is reading may hold us up. */
enum { BUSY_MS = 10000 };

int database_fail(const struct database *database, const char *what, struct problem *problem)
{
    const int code = database->handle != NULL ? sqlite3_errcode(database->handle) : SQLITE_NOMEM;
    const char *path = database->path;
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return problem_set(problem,
                           "%s is damaged or not a database: move it away, or choose "
                           "another folder with --results",
                           path);
    case SQLITE_FULL:
        return problem_set(problem, "no space left to %s in %s: free some", what, path);
    case SQLITE_IOERR:
        return problem_set(problem,
                           "cannot %s in %s (%s, %s): free space or choose another folder "
                           "with --results",
                           what, path, sqlite3_errmsg(database->handle),
                           strerror(sqlite3_system_errno(database->handle)));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return problem_set(problem, "%s is in use by another program: close that first", path);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return problem_set(problem, "cannot write %s (%s): choose another folder with --results",
                           path, sqlite3_errmsg(database->handle));
    default:
        return problem_set(problem,
                           "cannot %s in %s: %s: move it away, or choose another folder "
                           "with --results",
                           what, path,
                           database->handle != NULL ? sqlite3_errmsg(database->handle)
                                                    : "out of memory");
    }
}

int database_execute(const struct database *database, const char *sql, struct problem *problem)
{
    if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return database_fail(database, "write", problem);
    return 0;
}

sqlite3_stmt *database_prepare(const struct database *database, const char *sql,
                               struct problem *problem)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        database_fail(database, "read", problem);
    return statement;
}

void database_bind_number(sqlite3_stmt *statement, int *at, int64_t number)
{
    sqlite3_bind_int64(statement, (*at)++, number);
}

void database_bind_known(sqlite3_stmt *statement, int *at, int64_t number)
{
    if (number < 0)
        sqlite3_bind_null(statement, (*at)++);
    else
        database_bind_number(statement, at, number);
}

void database_bind_text(sqlite3_stmt *statement, int *at, const char *text)
{
    sqlite3_bind_text(statement, (*at)++, text, -1, SQLITE_STATIC);
}

int database_step(const struct database *database, sqlite3_stmt *statement, struct problem *problem)
{
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    return database_fail(database, sqlite3_stmt_readonly(statement) ? "read" : "write", problem);
}

int database_finish(const struct database *database, sqlite3_stmt *statement,
                    struct problem *problem)
{
    const int step = database_step(database, statement, problem);
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

int64_t database_known(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? -1
               : sqlite3_column_int64(statement, column);
}

const char *database_text(struct arena *arena, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text != NULL ? arena_copy(arena, text) : NULL;
}

static int read_number(const struct database *database, const char *sql, int64_t *number,
                       struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(database, sql, problem);
    if (statement == NULL)
        return -1;
    const int step = database_step(database, statement, problem);
    *number = step == 1 ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

static int make_schema(struct arena *arena, const struct database *database,
                       const char *schema_path, struct problem *problem)
{
    const char *schema = text_read_file(arena, schema_path);
    if (schema == NULL)
        return problem_set(problem, "cannot read %s: %s", schema_path, strerror(errno));
    return database_execute(database, arena_printf(arena, "BEGIN IMMEDIATE;%s;COMMIT", schema),
                            problem);
}

/* Pages can be damaged behind a sound first page; better to learn it before an hour of measuring.
 */
static int check_pages(struct arena *arena, const struct database *database,
                       struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(database, "PRAGMA quick_check(1)", problem);
    if (statement == NULL)
        return -1;
    int status = database_step(database, statement, problem);
    const char *answer = status == 1 ? database_text(arena, statement, 0) : NULL;
    sqlite3_finalize(statement);
    if (status < 0)
        return -1;
    if (answer == NULL || strcmp(answer, "ok") != 0)
        return problem_set(problem,
                           "%s is damaged: move it away, or choose another folder with "
                           "--results",
                           database->path);
    return 0;
}

/* Brings an older schema to the next one: migrate_to_N.sql stands beside the schema. */
static int migrate(struct arena *arena, const struct database *database, const char *schema_path,
                   int64_t from, int version, struct problem *problem)
{
    const char *slash = strrchr(schema_path, '/');
    const char *folder =
        slash != NULL ? arena_copy_part(arena, schema_path, (size_t)(slash - schema_path)) : ".";
    for (int64_t next = from + 1; next <= version; next++) {
        const char *path = arena_printf(arena, "%s/migrate_to_%lld.sql", folder, (long long)next);
        const char *steps = text_read_file(arena, path);
        if (steps == NULL)
            return problem_set(problem, "cannot read %s: %s", path, strerror(errno));
        if (database_execute(database,
                             arena_printf(arena,
                                          "BEGIN IMMEDIATE;%s;PRAGMA user_version=%lld;COMMIT",
                                          steps, (long long)next),
                             problem) == 0)
            continue;
        sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return 0;
}

static int check_version(struct arena *arena, const struct database *database,
                         const char *schema_path, int version, struct problem *problem)
{
    int64_t found, all, ours;
    if (read_number(database, "PRAGMA user_version", &found, problem) != 0 ||
        read_number(database, "SELECT count(*) FROM sqlite_master", &all, problem) != 0 ||
        read_number(database, "SELECT count(*) FROM sqlite_master WHERE name = 'sample'", &ours,
                    problem) != 0)
        return -1;
    if (found == 0 && all == 0)
        return make_schema(arena, database, schema_path, problem);
    if (found > version)
        return problem_set(problem,
                           "%s was written by a newer hakbench (schema %lld, this one "
                           "knows %d): use that, or choose another folder with --results",
                           database->path, (long long)found, version);
    if (found < 1 || ours == 0)
        return problem_set(problem,
                           "%s is not a results database: move it away, or choose another "
                           "folder with --results",
                           database->path);
    /* Then what came into the schema since, without a change to what stood in it. */
    return check_pages(arena, database, problem) != 0 ||
                   migrate(arena, database, schema_path, found, version, problem) != 0
               ? -1
               : make_schema(arena, database, schema_path, problem);
}

int database_open(struct arena *arena, const char *path, const char *schema_path, int version,
                  struct database *database, struct problem *problem)
{
    *database = (struct database){.path = path};
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &database->handle, flags, NULL) != SQLITE_OK)
        return database_fail(database, "open", problem);
    sqlite3_extended_result_codes(database->handle, 1);
    sqlite3_busy_timeout(database->handle, BUSY_MS);
    if (sqlite3_db_readonly(database->handle, "main") == 1)
        return problem_set(problem, "cannot write %s: choose another folder with --results", path);
    /* A migration may drop a table and make it again, rows that refer to it stay. */
    if (database_execute(database, "PRAGMA foreign_keys=OFF", problem) != 0 ||
        check_version(arena, database, schema_path, version, problem) != 0)
        return -1;
    /* A small cache, because a child's peak memory cannot be less than ours at the fork. */
    return database_execute(database,
                            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                            "PRAGMA cache_size=-256;"
                            "PRAGMA foreign_keys=ON",
                            problem);
}

void database_close(struct database *database)
{
    sqlite3_close_v2(database->handle);
    database->handle = NULL;
}
