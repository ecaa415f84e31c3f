/* SQLite with the runner's manners: statements with positional values, and errors as one line
 * that names the file and what to do. Knows nothing of sessions or samples.
 */
#ifndef RUNNER_DATABASE_H
#define RUNNER_DATABASE_H

#include "runner/base/text.h"

#include <sqlite3.h>
#include <stdint.h>

struct database {
    sqlite3 *handle;
    const char *path;
};

/* Opens or makes the file; a file that is not ours, damaged, newer than `version` or read-only is
 * a problem. `schema_path` is the SQL that makes a new one, and what an older one lacks: it does no
 * harm to what is there. migrate_to_N.sql beside it brings one of version N - 1 to N before. */
int database_open(struct arena *arena, const char *path, const char *schema_path, int version,
                  struct database *database, struct problem *problem);
void database_close(struct database *database);

/* Always -1. */
int database_fail(const struct database *database, const char *what, struct problem *problem);

int database_execute(const struct database *database, const char *sql, struct problem *problem);

/* NULL with the problem. The statement is finalized by the caller (sqlite3_finalize). */
sqlite3_stmt *database_prepare(const struct database *database, const char *sql,
                               struct problem *problem);

/* Bind at the next free place; *at starts at 1. */
void database_bind_number(sqlite3_stmt *statement, int *at, int64_t number);
void database_bind_known(sqlite3_stmt *statement, int *at, int64_t number);  /* below 0: NULL */
void database_bind_text(sqlite3_stmt *statement, int *at, const char *text); /* NULL: NULL */

/* 1: a row, 0: done, -1: a problem. */
int database_step(const struct database *database, sqlite3_stmt *statement,
                  struct problem *problem);

/* Steps a statement once, for what it does, and finalizes it. */
int database_finish(const struct database *database, sqlite3_stmt *statement,
                    struct problem *problem);

int64_t database_known(sqlite3_stmt *statement, int column); /* -1 for NULL */
const char *database_text(struct arena *arena, sqlite3_stmt *statement, int column);

#endif
