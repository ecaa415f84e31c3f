#include "runner/gate/gate_build.h"

#include "runner/gate/gate_tell.h"
#include "runner/store/ledger.h"
#include "runner/store/select.h"

#include <unistd.h>

int gate_build(struct gate *gate, struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    const char *refs[2] = {gate->base_ref, gate->head_ref};
    for (int side = 0; side < 2; side++) {
        struct worktree *tree = &gate->trees[side];
        const char *ref = tree->commit != NULL ? tree->commit : refs[side];
        struct problem why;
        gate_tell_step(gate, arena_printf(arena, "building %s, %s", gate_side_names[side], ref));
        if (worktree_build(arena, gate->bench->root, ref,
                           side == 1 ? WORKTREE_LIBRARY | WORKTREE_WORKLOADS : WORKTREE_LIBRARY,
                           tree, &why) != 0)
            return problem_set(problem, "%s: %s", gate_side_names[side], why.text);
    }
    return 0;
}

static void add_cells(struct gate *gate, const char *program, const char *workload,
                      const struct strings *arguments)
{
    struct arena *arena = gate->bench->arena;
    for (int side = 0; side < 2; side++)
        gate->campaign.cells.at[gate->campaign.cells.count++] = (struct cell){
            .allocator = {.name = gate_allocator_name(gate, arena, side),
                          .kind = ALLOCATOR_PATH,
                          .object = gate->trees[side].library,
                          .preload = gate->trees[side].library},
            .workload = workload,
            .side = side == 0 ? "A" : "B",
            .program = program,
            .arguments = *arguments,
            .threads = select_threads(arguments),
        };
}

/* The timed cells first, then those of the audit, which are short whatever the size. */
static int add_rows(struct gate *gate, const struct strings *rows, struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    const struct strings audit = {.at = (const char *[]){"--audit", NULL}, .count = 1};
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < rows->count; i++) {
            const struct catalog_row *row = catalog_find_row(&gate->bench->catalog, rows->at[i]);
            const char *program =
                arena_printf(arena, "%s/build/workloads/%s", gate->trees[1].folder, row->program);
            if (access(program, X_OK) != 0)
                return problem_set(problem,
                                   "head, commit %.12s, has no workload %s: leave %s out "
                                   "by --workloads",
                                   gate->trees[1].commit, row->program, row->name);
            if (pass == 0) {
                gate->cells[gate->cell_count++] =
                    (struct gate_cell){.workload = row->name, .first = gate->campaign.cells.count};
                add_cells(gate, program, row->name, &row->arguments[gate->size]);
            } else {
                const struct strings arguments =
                    select_override(arena, &row->arguments[MODE_QUICK], &audit);
                add_cells(gate, program, arena_printf(arena, "audit:%s", row->name), &arguments);
            }
        }
    return 0;
}

int gate_choose(struct gate *gate, const struct strings *names, struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    struct strings rows = {0}, timed = {0};
    /* A row that is only counted has no cell here. */
    for (int i = 0; i < names->count; i++)
        if (gate->stages != GATE_DETERMINISTIC ||
            catalog_find_row(&gate->bench->catalog, names->at[i]) != NULL)
            strings_add(arena, &timed, names->at[i]);
    if ((names->count == 0 || timed.count > 0) &&
        select_rows(gate->bench, &timed, gate->size, &rows, problem) != 0)
        return -1;
    if (rows.count > GATE_CELLS_MAX)
        return problem_set(problem, "%d rows: a gate has at most %d cells, choose by --workloads",
                           rows.count, GATE_CELLS_MAX);
    gate->campaign.cells.at =
        arena_alloc(arena, (4 * (size_t)rows.count + 1) * sizeof(struct cell));
    if (add_rows(gate, &rows, problem) != 0)
        return -1;
    for (int i = 0; i < gate->cell_count; i++)
        if (ledger_delta(gate->campaign.store, arena, gate->cells[i].workload,
                         catalog_mode_name(gate->size), &gate->cells[i].delta, problem) != 0)
            return -1;
    return 0;
}
