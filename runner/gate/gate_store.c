#include "runner/gate/gate_store.h"

#include <math.h>
#include <string.h>

static const char *const stage_names[] = {"all", "timed", "deterministic"};

static sqlite3_stmt *prepare(const struct gate *gate, const char *sql, struct problem *problem)
{
    sqlite3_stmt *statement = database_prepare(&gate->campaign.store->database, sql, problem);
    int at = 1;
    if (statement != NULL)
        database_bind_number(statement, &at, gate->campaign.session.id);
    return statement;
}

/* Steps a statement that returns no row, and finalizes it. */
static int finish(const struct gate *gate, sqlite3_stmt *statement, struct problem *problem)
{
    return database_finish(&gate->campaign.store->database, statement, problem);
}

/* What is no number is stored as NULL. */
static void bind_real(sqlite3_stmt *statement, int *at, double value)
{
    if (isfinite(value))
        sqlite3_bind_double(statement, (*at)++, value);
    else
        sqlite3_bind_null(statement, (*at)++);
}

int gate_store_begin(const struct gate *gate, struct problem *problem)
{
    sqlite3_stmt *statement = prepare(
        gate, "INSERT INTO gate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", problem);
    if (statement == NULL)
        return -1;
    int at = 2;
    database_bind_text(statement, &at, gate->trees[0].commit);
    database_bind_text(statement, &at, gate->trees[1].commit);
    database_bind_text(statement, &at, gate->base_ref);
    database_bind_text(statement, &at, gate->head_ref);
    database_bind_text(statement, &at, gate->plant.name);
    database_bind_text(statement, &at, catalog_mode_name(gate->size));
    database_bind_text(statement, &at, stage_names[gate->stages]);
    database_bind_number(statement, &at, gate->blocks_most);
    database_bind_number(statement, &at, gate->is_proof);
    if (finish(gate, statement, problem) != 0)
        return -1;
    for (int i = 0; i < gate->cell_count; i++)
        if (gate_store_cell(gate, &gate->cells[i], problem) != 0)
            return -1;
    return 0;
}

int gate_store_end(const struct gate *gate, enum exit_code code, struct problem *problem)
{
    sqlite3_stmt *statement = prepare(
        gate, "UPDATE gate SET exit_code = ?2, trouble = ?3 WHERE session_id = ?1", problem);
    if (statement == NULL)
        return -1;
    int at = 2;
    database_bind_number(statement, &at, code);
    database_bind_text(statement, &at, gate->trouble);
    return finish(gate, statement, problem);
}

int gate_store_cell(const struct gate *gate, const struct gate_cell *cell, struct problem *problem)
{
    const struct decision *decision = &cell->decision;
    sqlite3_stmt *statement = prepare(
        gate, "INSERT OR REPLACE INTO gate_cell VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", problem);
    if (statement == NULL)
        return -1;
    int at = 2;
    database_bind_text(statement, &at, cell->workload);
    bind_real(statement, &at, cell->delta);
    database_bind_text(statement, &at, decision_verdict_name(decision->verdict));
    database_bind_number(statement, &at, decision->look);
    database_bind_number(statement, &at, decision->blocks);
    bind_real(statement, &at, decision->blocks > 0 ? decision->shift.estimate : NAN);
    bind_real(statement, &at, decision->look > 0 ? decision->shift.low : NAN);
    bind_real(statement, &at, decision->look > 0 ? decision->shift.high : NAN);
    bind_real(statement, &at, decision->look > 0 ? decision->p : NAN);
    bind_real(statement, &at, cell->detectable > 0 ? cell->detectable : NAN);
    return finish(gate, statement, problem);
}

int gate_store_places(const struct gate *gate, int block, const int *cells, int count,
                      struct problem *problem)
{
    int status = 0;
    for (int i = 0; i < count && status == 0; i++) {
        sqlite3_stmt *statement = prepare(gate, "INSERT INTO plan VALUES (?, ?, ?, ?)", problem);
        if (statement == NULL)
            return -1;
        int at = 2;
        database_bind_number(statement, &at, gate->next_position + i);
        database_bind_number(statement, &at, block);
        database_bind_number(statement, &at, gate->campaign.cells.at[cells[i]].id);
        status = finish(gate, statement, problem);
    }
    return status;
}

int gate_store_side(const struct gate_block *block, int place)
{
    const bool is_inner = place % 4 == 1 || place % 4 == 2;
    return is_inner != block->starts_with_b;
}

static int add_block(const struct gate *gate, const struct gate_cell *cell,
                     const struct gate_block *block, struct problem *problem)
{
    int cells[GATE_PLACES];
    for (int i = 0; i < GATE_PLACES; i++)
        cells[i] = cell->first + gate_store_side(block, i);
    sqlite3_stmt *statement = prepare(gate,
                                      "INSERT INTO gate_block VALUES (?, ?, ?, ?, ?, ?, 'begun',"
                                      " NULL, NULL, NULL, NULL, NULL, NULL)",
                                      problem);
    if (statement == NULL)
        return -1;
    int at = 2;
    database_bind_text(statement, &at, cell->workload);
    database_bind_number(statement, &at, block->number);
    database_bind_text(statement, &at, block->starts_with_b ? "BAAB" : "ABBA");
    database_bind_number(statement, &at, (int64_t)block->layout_seed);
    database_bind_number(statement, &at, gate->next_position);
    if (finish(gate, statement, problem) != 0)
        return -1;
    return gate_store_places(gate, block->number, cells, GATE_PLACES, problem);
}

int gate_store_block_begin(const struct gate *gate, const struct gate_cell *cell,
                           const struct gate_block *block, struct problem *problem)
{
    const struct database *database = &gate->campaign.store->database;
    if (database_execute(database, "BEGIN IMMEDIATE", problem) != 0)
        return -1;
    if (add_block(gate, cell, block, problem) != 0) {
        struct problem ignored;
        database_execute(database, "ROLLBACK", &ignored);
        return -1;
    }
    return database_execute(database, "COMMIT", problem);
}

int gate_store_block_end(const struct gate *gate, const struct gate_cell *cell,
                         const struct gate_block *block, struct problem *problem)
{
    const struct covariates *covariates = &block->covariates;
    sqlite3_stmt *statement =
        prepare(gate,
                "UPDATE gate_block SET state = ?4, reason = ?5, difference = ?6, steal = ?7,"
                " foreign_cpu = ?8, switches = ?9, wall_ns = ?10"
                " WHERE session_id = ?1 AND workload = ?2 AND block = ?3",
                problem);
    if (statement == NULL)
        return -1;
    int at = 2;
    database_bind_text(statement, &at, cell->workload);
    database_bind_number(statement, &at, block->number);
    database_bind_text(statement, &at, block->is_void ? "void" : "valid");
    database_bind_text(statement, &at, block->disturbance);
    bind_real(statement, &at, block->difference);
    bind_real(statement, &at, covariates->steal);
    bind_real(statement, &at, covariates->foreign);
    bind_real(statement, &at, covariates->switches);
    database_bind_number(statement, &at, covariates->wall_ns);
    return finish(gate, statement, problem);
}

int gate_store_known_spread(const struct gate *gate, const char *workload, const char *metric,
                            double *spread, struct problem *problem)
{
    sqlite3_stmt *statement =
        prepare(gate,
                "SELECT max(d.spread) FROM deterministic d JOIN gate g USING (session_id)"
                " JOIN fact f ON f.session_id = g.session_id AND f.key = 'cpu.model'"
                " JOIN fact own ON own.session_id = ?1 AND own.key = 'cpu.model'"
                " WHERE f.value = own.value AND g.base = g.head AND g.plant IS NULL"
                " AND d.workload = ?2 AND d.metric = ?3",
                problem);
    if (statement == NULL)
        return -1;
    int at = 2;
    database_bind_text(statement, &at, workload);
    database_bind_text(statement, &at, metric);
    const int step = database_step(&gate->campaign.store->database, statement, problem);
    *spread = step == 1 ? sqlite3_column_double(statement, 0) : 0;
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}

static const char *values_text(struct arena *arena, const struct counts *counts,
                               enum count_metric metric)
{
    const char *text = "[";
    for (int i = 0; i < counts->runs; i++)
        text = arena_printf(arena, "%s%s%lld", text, i > 0 ? "," : "",
                            (long long)counts->values[metric][i]);
    return arena_printf(arena, "%s]", text);
}

int gate_store_count(const struct gate *gate, const char *workload, enum count_metric metric,
                     const struct counts sides[2], const struct count_result *result,
                     struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    sqlite3_stmt *statement =
        prepare(gate, "INSERT OR REPLACE INTO deterministic VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                problem);
    if (statement == NULL)
        return -1;
    int at = 2;
    database_bind_text(statement, &at, workload);
    database_bind_text(statement, &at, count_metric_name(metric));
    bind_real(statement, &at, result->base);
    bind_real(statement, &at, result->head);
    bind_real(statement, &at, result->spread);
    bind_real(statement, &at, result->bound);
    database_bind_text(statement, &at, count_verdict_name(result->verdict));
    database_bind_text(statement, &at, values_text(arena, &sides[0], metric));
    database_bind_text(statement, &at, values_text(arena, &sides[1], metric));
    return finish(gate, statement, problem);
}

static enum gate_stages stages_from_name(const char *name)
{
    for (int i = GATE_ALL; i <= GATE_DETERMINISTIC; i++)
        if (strcmp(stage_names[i], name) == 0)
            return (enum gate_stages)i;
    return GATE_ALL;
}

int gate_store_find(struct gate *gate, bool is_proof, struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    gate->campaign.session = (struct session){.id = is_proof};
    sqlite3_stmt *statement = prepare(
        gate,
        "SELECT s.id, s.seed, g.base, g.head, g.base_ref, g.head_ref, g.plant, g.size, g.stages,"
        " g.blocks, s.started_utc FROM gate g JOIN session s ON s.id = g.session_id"
        " WHERE g.proof = ?1 AND g.exit_code IS NULL ORDER BY s.id DESC LIMIT 1",
        problem);
    gate->campaign.session.id = 0;
    if (statement == NULL)
        return -1;
    const int step = database_step(&gate->campaign.store->database, statement, problem);
    int status = step < 0 ? -1 : 0;
    if (step == 1) {
        struct session *session = &gate->campaign.session;
        session->id = sqlite3_column_int64(statement, 0);
        session->seed = (uint64_t)sqlite3_column_int64(statement, 1);
        session->kind = "compare";
        session->mode = "gate";
        session->started_utc = database_text(arena, statement, 10);
        gate->trees[0].commit = database_text(arena, statement, 2);
        gate->trees[1].commit = database_text(arena, statement, 3);
        gate->base_ref = database_text(arena, statement, 4);
        gate->head_ref = database_text(arena, statement, 5);
        const char *plant = database_text(arena, statement, 6);
        catalog_mode_from_name(database_text(arena, statement, 7), &gate->size);
        gate->stages = stages_from_name(database_text(arena, statement, 8));
        gate->blocks_most = sqlite3_column_int(statement, 9);
        gate->is_proof = is_proof;
        if (plant != NULL)
            status = plant_parse(arena, plant, &gate->plant, problem);
    }
    sqlite3_finalize(statement);
    return status;
}

int gate_store_names(const struct gate *gate, struct strings *names, struct problem *problem)
{
    sqlite3_stmt *statement = prepare(
        gate, "SELECT workload FROM gate_cell WHERE session_id = ? ORDER BY rowid", problem);
    if (statement == NULL)
        return -1;
    int step;
    *names = (struct strings){0};
    while ((step = database_step(&gate->campaign.store->database, statement, problem)) == 1)
        strings_add(gate->bench->arena, names, database_text(gate->bench->arena, statement, 0));
    sqlite3_finalize(statement);
    return step;
}

static struct gate_cell *find_cell(struct gate *gate, const char *workload)
{
    for (int i = 0; i < gate->cell_count; i++)
        if (strcmp(gate->cells[i].workload, workload) == 0)
            return &gate->cells[i];
    return NULL;
}

static void take_block(struct gate_cell *cell, sqlite3_stmt *statement)
{
    const bool is_void = strcmp((const char *)sqlite3_column_text(statement, 1), "valid") != 0;
    const bool is_disturbed = sqlite3_column_type(statement, 2) != SQLITE_NULL;
    cell->voided += is_void;
    cell->kept += !is_void && is_disturbed;
    if (!is_void && cell->valid < DECISION_BLOCKS_MAX)
        cell->differences[cell->valid++] = sqlite3_column_double(statement, 3);
}

/* A gate that goes on keeps the deltas with which it began. */
static int load_deltas(struct gate *gate, struct problem *problem)
{
    sqlite3_stmt *statement =
        prepare(gate, "SELECT workload, delta FROM gate_cell WHERE session_id = ?", problem);
    if (statement == NULL)
        return -1;
    int step;
    while ((step = database_step(&gate->campaign.store->database, statement, problem)) == 1) {
        struct gate_cell *cell = find_cell(gate, (const char *)sqlite3_column_text(statement, 0));
        if (cell != NULL)
            cell->delta = sqlite3_column_double(statement, 1);
    }
    sqlite3_finalize(statement);
    return step;
}

int gate_store_resume(struct gate *gate, struct problem *problem)
{
    sqlite3_stmt *statement = prepare(gate,
                                      "UPDATE gate_block SET state = 'void', reason = 'interrupted'"
                                      " WHERE session_id = ? AND state = 'begun'",
                                      problem);
    if (statement == NULL || finish(gate, statement, problem) != 0)
        return -1;
    statement = prepare(gate,
                        "SELECT workload, state, reason, difference FROM gate_block"
                        " WHERE session_id = ? ORDER BY block",
                        problem);
    if (statement == NULL)
        return -1;
    int step;
    while ((step = database_step(&gate->campaign.store->database, statement, problem)) == 1) {
        struct gate_cell *cell = find_cell(gate, (const char *)sqlite3_column_text(statement, 0));
        if (cell != NULL)
            take_block(cell, statement);
    }
    sqlite3_finalize(statement);
    if (step < 0 || load_deltas(gate, problem) != 0)
        return -1;
    statement = prepare(
        gate, "SELECT coalesce(max(position), -1) + 1 FROM plan WHERE session_id = ?", problem);
    if (statement == NULL)
        return -1;
    step = database_step(&gate->campaign.store->database, statement, problem);
    gate->next_position = step == 1 ? sqlite3_column_int(statement, 0) : 0;
    sqlite3_finalize(statement);
    return step < 0 ? -1 : 0;
}
