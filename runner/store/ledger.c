#include "runner/store/ledger.h"

#include "runner/process/host.h"
#include "runner/stats/decision.h"

#include <math.h>
#include <string.h>

/* With the kind of machine and the size in the first two places. */
static sqlite3_stmt *prepare(struct store *store, struct arena *arena, const char *sql,
                             const char *size, struct problem *problem)
{
    struct facts facts = {0};
    sqlite3_stmt *statement = database_prepare(&store->database, sql, problem);
    int at = 1;
    if (statement == NULL)
        return NULL;
    host_add_facts(arena, &facts);
    database_bind_text(statement, &at, facts_get(&facts, "cpu.model"));
    database_bind_text(statement, &at, size);
    return statement;
}

static int count_rows(struct store *store, struct arena *arena, const char *from, const char *size,
                      int *count, struct problem *problem)
{
    sqlite3_stmt *statement = prepare(
        store, arena, arena_printf(arena, "SELECT count(*) FROM (%s)", from), size, problem);
    if (statement == NULL)
        return -1;
    const int step = database_step(&store->database, statement, problem);
    *count = step == 1 ? sqlite3_column_int(statement, 0) : 0;
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

/* A crash is what a canary must come to, and without a plant it is an alarm. Of any other plant it
 * says nothing: that gate was never asked. */
int ledger_read(struct store *store, struct arena *arena, const char *size, struct ledger *ledger,
                struct problem *problem)
{
    static const char lines[] =
        "SELECT plant, workload, count(*), sum(verdict IN ('regressed', 'crash'))"
        " FROM gate_ledger"
        " WHERE cpu = ?1 AND size = ?2"
        " AND (verdict <> 'crash' OR plant IS NULL OR plant = 'canary') GROUP BY plant, workload"
        " ORDER BY plant IS NOT NULL, substr(plant, 1, instr(plant || '=', '=')),"
        " CAST(substr(plant, instr(plant, '=') + 1) AS REAL), workload";
    static const char gates[] =
        "SELECT max(verdict = 'regressed') FROM gate_ledger WHERE cpu = ?1"
        " AND size = ?2 AND plant IS NULL AND stage = 'timed' GROUP BY session_id";
    *ledger = (struct ledger){0};
    int count;
    if (count_rows(store, arena, lines, size, &count, problem) != 0)
        return -1;
    ledger->at = arena_alloc(arena, (size_t)count * sizeof *ledger->at);
    sqlite3_stmt *statement = prepare(store, arena, lines, size, problem);
    int step = statement != NULL ? 1 : -1;
    while (step == 1 && (step = database_step(&store->database, statement, problem)) == 1) {
        struct ledger_line *line = &ledger->at[ledger->count++];
        *line = (struct ledger_line){.plant = database_text(arena, statement, 0),
                                     .workload = database_text(arena, statement, 1),
                                     .cells = sqlite3_column_int(statement, 2),
                                     .regressed = sqlite3_column_int(statement, 3)};
        if (line->plant != NULL)
            continue;
        const bool is_timed = strcmp(line->workload, "counts") != 0;
        *(is_timed ? &ledger->null_cells : &ledger->null_counts) += line->cells;
        *(is_timed ? &ledger->null_alarms : &ledger->counts_alarms) += line->regressed;
    }
    sqlite3_finalize(statement);
    if (step < 0 || (statement = prepare(store, arena, gates, size, problem)) == NULL)
        return -1;
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        ledger->null_gates++;
        ledger->alarmed_gates += sqlite3_column_int(statement, 0);
    }
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

int ledger_delta(struct store *store, struct arena *arena, const char *workload, const char *size,
                 double *delta, struct problem *problem)
{
    static const char sql[] = "SELECT estimate FROM gate_ledger WHERE cpu = ?1 AND size = ?2"
                              " AND workload = ?3 AND plant IS NULL AND estimate IS NOT NULL";
    int room, count = 0;
    *delta = DECISION_DELTA_MIN;
    /* Counted over all workloads: more room than needed. */
    if (count_rows(store, arena, "SELECT 1 FROM gate_ledger WHERE cpu = ?1 AND size = ?2", size,
                   &room, problem) != 0)
        return -1;
    double *sizes = arena_alloc(arena, ((size_t)room + 1) * sizeof *sizes);
    sqlite3_stmt *statement = prepare(store, arena, sql, size, problem);
    if (statement == NULL)
        return -1;
    int at = 3, step;
    database_bind_text(statement, &at, workload);
    while ((step = database_step(&store->database, statement, problem)) == 1)
        sizes[count++] = expm1(fabs(sqlite3_column_double(statement, 0)));
    sqlite3_finalize(statement);
    if (step < 0 || count == 0)
        return step;
    stats_sort(sizes, (size_t)count);
    const double percentile = sizes[(int)ceil(0.95 * count) - 1];
    if (percentile > *delta)
        *delta = percentile;
    return 0;
}

int ledger_load_blocks(struct store *store, struct arena *arena, const char *workload,
                       const char *size, struct ledger_blocks *blocks, struct problem *problem)
{
#define FROM                                                                                       \
    " FROM gate_block b JOIN gate g USING (session_id) JOIN fact f ON f.session_id = g.session_id" \
    " AND f.key = 'cpu.model' WHERE f.value = ?1 AND g.size = ?2 AND g.base = g.head"              \
    " AND g.plant IS NULL AND b.state = 'valid'"
    *blocks = (struct ledger_blocks){0};
    int room;
    if (count_rows(store, arena, "SELECT 1" FROM, size, &room, problem) != 0)
        return -1;
    blocks->differences = arena_alloc(arena, ((size_t)room + 1) * sizeof *blocks->differences);
    sqlite3_stmt *statement = prepare(store, arena,
                                      "SELECT b.difference, b.wall_ns" FROM
                                      " AND b.workload = ?3 ORDER BY b.session_id, b.block",
                                      size, problem);
#undef FROM
    if (statement == NULL)
        return -1;
    int at = 3, step;
    database_bind_text(statement, &at, workload);
    while ((step = database_step(&store->database, statement, problem)) == 1) {
        blocks->differences[blocks->count++] = sqlite3_column_double(statement, 0);
        blocks->seconds += (double)sqlite3_column_int64(statement, 1) / 1e9;
    }
    if (blocks->count > 0)
        blocks->seconds /= blocks->count;
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

/* P(B <= events) of a binomial. */
static double binomial_cdf(int events, int runs, double chance)
{
    double sum = 0;
    for (int i = 0; i <= events; i++)
        sum += exp(lgamma(runs + 1.0) - lgamma(i + 1.0) - lgamma(runs - i + 1.0) + i * log(chance) +
                   (runs - i) * log1p(-chance));
    return sum;
}

double ledger_bound(int events, int runs)
{
    if (runs <= 0 || events >= runs)
        return 1;
    if (events == 0)
        return 1 - pow(0.05, 1.0 / runs);
    double low = 0, high = 1;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (binomial_cdf(events, runs, middle) > 0.05)
            low = middle;
        else
            high = middle;
    }
    return high;
}
