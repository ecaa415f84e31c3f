#include "runner/gate/gate_accept.h"

#include "runner/subject/lineage.h"

#include <string.h>

static bool holds(const struct lineage *lineage, const char *commit)
{
    for (int i = 0; i < lineage->count; i++)
        if (strcmp(lineage->at[i].id, commit) == 0)
            return true;
    return false;
}

/* With `lineage` NULL the rows are only counted. */
static int read_rows(struct gate *gate, const struct lineage *lineage, int *count,
                     struct problem *problem)
{
    const struct database *database = &gate->campaign.store->database;
    struct arena *arena = gate->bench->arena;
    sqlite3_stmt *statement = database_prepare(
        database, "SELECT commit_id, workload, why FROM accepted ORDER BY accepted_utc DESC",
        problem);
    if (statement == NULL)
        return -1;
    int step;
    *count = 0;
    while ((step = database_step(database, statement, problem)) == 1) {
        const char *commit = database_text(arena, statement, 0);
        if (lineage == NULL)
            ++*count;
        else if (holds(lineage, commit))
            gate->accepted[gate->accepted_count++] =
                (struct gate_accepted){.commit = commit,
                                       .workload = database_text(arena, statement, 1),
                                       .why = database_text(arena, statement, 2)};
    }
    sqlite3_finalize(statement);
    return step;
}

int gate_accept_read(struct gate *gate, struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    struct lineage lineage;
    struct problem none_between = {0};
    int count;
    if (read_rows(gate, NULL, &count, problem) != 0)
        return -1;
    const char *range = arena_printf(arena, "%s..%s", gate->trees[0].commit, gate->trees[1].commit);
    if (count == 0 || lineage_read(arena, gate->bench->root, range, &lineage, &none_between) != 0)
        return 0;
    gate->accepted = arena_alloc(arena, (size_t)count * sizeof *gate->accepted);
    return read_rows(gate, &lineage, &count, problem);
}
