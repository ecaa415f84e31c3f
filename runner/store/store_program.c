#include "runner/store/store_program.h"

#include <stdlib.h>

int store_put_program(struct store *store, int64_t session_id, const struct program_row *row,
                      struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(
        &store->database,
        "INSERT OR REPLACE INTO program (session_id, allocator, name, command, rounds, failures,"
        " reason, runs, hyperfine, mean_ns, stddev_ns, median_ns, min_ns, max_ns, user_ns,"
        " system_ns) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        problem);
    if (statement == NULL)
        return -1;
    const struct hyperfine_sum *sum = &row->sum;
    const double numbers[] = {sum->mean_ns, sum->stddev_ns, sum->median_ns, sum->min_ns,
                              sum->max_ns,  sum->user_ns,   sum->system_ns};
    char *json =
        sum->runs > 0 ? json_dumps(sum->result, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    int at = 1;
    database_bind_number(statement, &at, session_id);
    database_bind_text(statement, &at, row->allocator);
    database_bind_text(statement, &at, row->name);
    database_bind_text(statement, &at, row->command);
    database_bind_number(statement, &at, sum->rounds);
    database_bind_number(statement, &at, row->failures);
    database_bind_text(statement, &at, row->reason);
    database_bind_number(statement, &at, sum->runs);
    database_bind_text(statement, &at, json);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && sum->runs > 0; i++)
        sqlite3_bind_double(statement, at++, numbers[i]);
    const int status = database_finish(&store->database, statement, problem);
    free(json);
    return status;
}
