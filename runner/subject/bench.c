#include "runner/subject/bench.h"

#include "runner/base/interrupt.h"
#include "runner/process/host.h"
#include "runner/subject/record.h"

#include <stdio.h>

int bench_open(struct arena *arena, int argc, char *const *argv, unsigned accepted,
               struct bench *bench, struct problem *problem)
{
    *bench = (struct bench){.arena = arena, .name = argv[0]};
    bench->command = arena_printf(arena, "hakbench %s", text_quote(arena, argc, argv));
    if (options_parse(arena, argc - 1, argv + 1, accepted, &bench->options, problem) != 0)
        return -1;
    return host_find_root(arena, &bench->root, problem);
}

int bench_read_catalog(struct bench *bench, struct problem *problem)
{
    const char *matrix = bench->options.matrix, *rows = bench->options.rows;
    if (matrix == NULL)
        matrix = arena_printf(bench->arena, "%s/allocator/variants/matrix.txt", bench->root);
    if (rows == NULL)
        rows = arena_printf(bench->arena, "%s/workloads/workloads.txt", bench->root);
    return catalog_read(bench->arena, matrix, rows, &bench->catalog, problem);
}

const char *bench_results_folder(const struct bench *bench)
{
    return bench->options.results != NULL
               ? bench->options.results
               : arena_printf(bench->arena, "%s/reports/out", bench->root);
}

const char *bench_schema(const struct bench *bench)
{
    return arena_printf(bench->arena, "%s/runner/store/schema.sql", bench->root);
}

int bench_fail(const struct bench *bench, const struct problem *problem)
{
    fprintf(stderr, "hakbench %s: %s\n", bench->name, problem->text);
    return EXIT_USAGE;
}

int bench_stop(const struct bench *bench, const struct problem *problem)
{
    if (!interrupt_pending())
        return bench_fail(bench, problem);
    fputs("interrupted: the same command goes on\n", stderr);
    return EXIT_INTERRUPTED;
}
