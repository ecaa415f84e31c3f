#include "runner/gate/gate_count.h"

#include "runner/base/interrupt.h"
#include "runner/gate/gate_store.h"
#include "runner/gate/gate_tell.h"
#include "runner/store/select.h"

#include <string.h>

/* The rows to count, as cells of the two sides. */
static int choose(const struct gate *gate, const struct strings *names, struct catalog *catalog,
                  struct strings *rows, struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    const char *root = gate->bench->root;
    if (catalog_read(arena, arena_printf(arena, "%s/allocator/variants/matrix.txt", root),
                     arena_printf(arena, "%s/workloads/counted.txt", root), catalog, problem) != 0)
        return -1;
    for (int i = 0; i < catalog->row_count; i++)
        if (names->count == 0 || strings_hold(names, catalog->rows[i].name))
            strings_add(arena, rows, catalog->rows[i].name);
    if (rows->count > 0 || gate->stages != GATE_DETERMINISTIC)
        return 0;
    return problem_set(problem, "workloads/counted.txt has no %s",
                       strings_join(arena, names, ", "));
}

static struct cell cell_of(const struct gate *gate, const struct catalog_row *row, int side,
                           const struct allocator *allocator)
{
    return (struct cell){
        .allocator = *allocator,
        .workload = row->name,
        .side = side == 0 ? "A" : "B",
        .program = arena_printf(gate->bench->arena, "%s/build/workloads/%s", gate->trees[1].folder,
                                row->program),
        .arguments = row->arguments[MODE_DEFAULT],
        .threads = select_threads(&row->arguments[MODE_DEFAULT]),
    };
}

static enum gate_end count_once(struct gate *gate, const struct cell *cell, struct counts *counts,
                                struct problem *problem)
{
    struct arena scratch = {0};
    struct sample sample;
    enum gate_end end = GATE_DONE;
    const char *folder = arena_printf(&scratch, "%s/build/gate", gate->bench->root);
    switch (counts_add(&scratch, cell, &gate->campaign.measure, folder, counts, &sample, problem)) {
    case MEASURE_IMPOSSIBLE:
        end = GATE_STOPPED;
        break;
    case MEASURE_INTERRUPTED:
        end = GATE_INTERRUPTED;
        break;
    default:
        gate->trouble = gate_trouble(gate->bench->arena, cell, &sample);
        if (gate->trouble != NULL)
            end = GATE_TROUBLE;
        else if (sample.status != SAMPLE_OK) {
            problem_set(problem, "%s on %s: %s", cell->allocator.name, cell->workload,
                        sample.reason);
            end = GATE_STOPPED;
        }
    }
    arena_free(&scratch);
    return end;
}

/* Both sides in turn, so that whatever drifts falls on both. */
static enum gate_end count_both(struct gate *gate, const struct cell cells[2],
                                struct gate_count *count, int runs, struct problem *problem)
{
    enum gate_end end = GATE_DONE;
    while (count->sides[1].runs < runs && end == GATE_DONE) {
        const int first = count->sides[1].runs % 2;
        for (int i = 0; i < 2 && end == GATE_DONE; i++) {
            const int side = i == 0 ? first : 1 - first;
            end = interrupt_pending()
                      ? GATE_INTERRUPTED
                      : count_once(gate, &cells[side], &count->sides[side], problem);
        }
    }
    return end;
}

static int judge(struct gate *gate, struct gate_count *count, bool *is_worse,
                 struct problem *problem)
{
    *is_worse = false;
    for (int m = 0; m < COUNT_METRICS; m++) {
        double known;
        if (gate_store_known_spread(gate, count->workload, count_metric_name(m), &known, problem) !=
            0)
            return -1;
        count->results[m] = counts_judge(&count->sides[0], &count->sides[1], m, known);
        *is_worse = *is_worse || count->results[m].verdict == COUNT_MORE;
    }
    return 0;
}

static void set_plant(struct gate *gate, struct cell *cell, double amount)
{
    cell->allocator.environment = (struct strings){0};
    strings_add(gate->bench->arena, &cell->allocator.environment,
                plant_setting(gate->bench->arena, &gate->plant, true, amount));
}

/* How many instructions more a call the plant must have on this row: its price by the call is
 * measured, because a row has as many calls an instruction as it likes. Few calls drown in what
 * the row's own count varies by, so the probe grows until it is a fifth of the row. */
static enum gate_end calibrate(struct gate *gate, struct cell *cell, struct problem *problem)
{
    static const double probe_least = 64, probe_most = 1 << 20, factor = 16, enough = 0.2;
    struct counts idle = {0};
    enum gate_end end = count_once(gate, cell, &idle, problem);
    const double before = (double)idle.values[COUNT_INSTRUCTIONS][0];
    for (double probe = probe_least; end == GATE_DONE && probe <= probe_most; probe *= factor) {
        struct counts probed = {0};
        set_plant(gate, cell, probe);
        end = count_once(gate, cell, &probed, problem);
        const double added = (double)probed.values[COUNT_INSTRUCTIONS][0] - before;
        if (end == GATE_DONE && added >= enough * before) {
            set_plant(gate, cell, gate->plant.share * before / added * probe);
            return end;
        }
    }
    if (end != GATE_DONE)
        return end;
    problem_set(problem, "%s calls malloc and free too seldom for --plant %s", cell->workload,
                gate->plant.name);
    return GATE_STOPPED;
}

static enum gate_end count_row(struct gate *gate, const struct catalog_row *row,
                               const struct allocator sides[2], struct gate_count *count,
                               struct problem *problem)
{
    struct cell cells[2];
    bool is_worse = false;
    *count = (struct gate_count){.workload = row->name};
    for (int side = 0; side < 2; side++)
        cells[side] = cell_of(gate, row, side, &sides[side]);
    enum gate_end end = GATE_DONE;
    if (gate->plant.kind == PLANT_INSTRUCTIONS)
        end = calibrate(gate, &cells[1], problem);
    if (end == GATE_DONE)
        end = count_both(gate, cells, count, COUNT_RUNS, problem);
    if (end == GATE_DONE && judge(gate, count, &is_worse, problem) != 0)
        end = GATE_STOPPED;
    if (end == GATE_DONE && is_worse) {
        end = count_both(gate, cells, count, COUNT_RUNS_MAX, problem);
        if (end == GATE_DONE && judge(gate, count, &is_worse, problem) != 0)
            end = GATE_STOPPED;
    }
    for (int m = 0; m < COUNT_METRICS && end == GATE_DONE; m++) {
        gate->worse_counts += count->results[m].verdict == COUNT_MORE &&
                              gate_find_accepted(gate, count->workload) == NULL;
        if (gate_store_count(gate, count->workload, m, count->sides, &count->results[m], problem) !=
            0)
            end = GATE_STOPPED;
    }
    return end;
}

enum gate_end gate_count(struct gate *gate, const struct strings *names, struct gate_counts *counts,
                         struct problem *problem)
{
    struct arena *arena = gate->bench->arena;
    struct catalog *catalog = arena_alloc(arena, sizeof *catalog);
    struct strings rows = {0};
    struct allocator sides[2];
    struct problem why = {0};
    if (counts_check_tools(arena, &why) != 0) {
        gate->uncounted = arena_copy(arena, why.text);
        return GATE_DONE;
    }
    if (choose(gate, names, catalog, &rows, problem) != 0)
        return GATE_STOPPED;
    for (int side = 0; side < 2; side++)
        if (gate_link(gate, arena, side, false, 0, 0, &sides[side], problem) != 0)
            return interrupt_pending() ? GATE_INTERRUPTED : GATE_STOPPED;
    gate->worse_counts = 0;
    counts->at = arena_alloc(arena, ((size_t)rows.count + 1) * sizeof *counts->at);
    enum gate_end end = GATE_DONE;
    for (int i = 0; i < rows.count && end == GATE_DONE; i++) {
        gate_tell_step(gate, arena_printf(arena, "counting %s", rows.at[i]));
        end = count_row(gate, catalog_find_row(catalog, rows.at[i]), sides,
                        &counts->at[counts->count], problem);
        counts->count += end == GATE_DONE;
    }
    return end;
}
