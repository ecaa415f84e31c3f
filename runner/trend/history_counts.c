#include "runner/trend/history_counts.h"

#include "runner/measure/counts.h"
#include "runner/store/select.h"

static int find_cell(struct arena *arena, const struct bench *bench,
                     const struct allocator *allocator, const char *workload, struct cell *cell,
                     struct problem *problem)
{
    struct catalog *catalog = arena_alloc(arena, sizeof *catalog);
    if (catalog_read(arena, arena_printf(arena, "%s/allocator/variants/matrix.txt", bench->root),
                     arena_printf(arena, "%s/workloads/counted.txt", bench->root), catalog,
                     problem) != 0)
        return -1;
    const struct catalog_row *row = catalog_find_row(catalog, workload);
    if (row == NULL)
        return problem_set(problem, "workloads/counted.txt has no %s", workload);
    *cell = (struct cell){.allocator = *allocator,
                          .workload = row->name,
                          .side = "",
                          .arguments = row->arguments[MODE_DEFAULT],
                          .threads = select_threads(&row->arguments[MODE_DEFAULT])};
    return select_program(bench, row, &cell->program, problem);
}

double history_count(const struct bench *bench, const struct campaign *open,
                     const struct allocator *allocator, const char *workload,
                     struct problem *problem)
{
    struct arena arena = {0};
    struct counts counts = {0};
    struct sample sample;
    struct cell cell;
    double instructions = -1;
    if (counts_check_tools(&arena, problem) == 0 &&
        find_cell(&arena, bench, allocator, workload, &cell, problem) == 0 &&
        counts_add(&arena, &cell, &open->measure,
                   arena_printf(&arena, "%s/build/gate", bench->root), &counts, &sample,
                   problem) == MEASURE_DONE) {
        if (counts.runs == 1)
            instructions = (double)counts.values[COUNT_INSTRUCTIONS][0];
        else
            problem_set(problem, "%s", sample.reason != NULL ? sample.reason : "not counted");
    }
    arena_free(&arena);
    return instructions;
}
