#include "runner/table/latency_table.h"

#include "runner/base/style.h"
#include "runner/stats/stats.h"

#include <stdio.h>
#include <string.h>

enum { P50, P90, P99, P999, TIMES };

/* What the ok samples of a cell say of a kind of operation. */
struct entry {
    int samples;
    int64_t timed;
    double time_ns[TIMES], max_ns;
};

static struct entry collect(struct arena *arena, const struct latency_results *results, int cell,
                            const char *operation)
{
    struct entry entry = {0};
    double *columns[TIMES];
    for (int t = 0; t < TIMES; t++)
        columns[t] = arena_alloc(arena, ((size_t)results->count + 1) * sizeof(double));
    for (int i = 0; i < results->count; i++) {
        const struct latency *row = &results->at[i].latency;
        if (results->at[i].cell != cell || strcmp(row->operation, operation) != 0)
            continue;
        const double times[TIMES] = {row->p50_ns, row->p90_ns, row->p99_ns, row->p999_ns};
        for (int t = 0; t < TIMES; t++)
            columns[t][entry.samples] = times[t];
        entry.samples++;
        entry.timed += row->timed;
        entry.max_ns = row->max_ns > entry.max_ns ? row->max_ns : entry.max_ns;
    }
    for (int t = 0; t < TIMES && entry.samples > 0; t++)
        entry.time_ns[t] = stats_median(columns[t], (size_t)entry.samples);
    return entry;
}

/* A narrow terminal does without the largest. */
struct layout {
    int name;
    bool has_max, colour;
};

enum { P50_COLUMNS = 6, P99_COLUMNS = 8, P999_COLUMNS = 9, MAX_COLUMNS = 11 };

static struct layout choose_layout(const struct cells *cells, const struct latency_results *results)
{
    const int columns = style_columns(stdout), times = P50_COLUMNS + P99_COLUMNS + P999_COLUMNS;
    struct layout layout = {.name = 12, .colour = style_is_wanted(stdout)};
    for (int i = 0; i < results->count; i++) {
        const int own = style_width(cells->at[results->at[i].cell].allocator.name);
        layout.name = own > layout.name ? own : layout.name;
    }
    layout.has_max = 2 + layout.name + 2 * (times + MAX_COLUMNS) <= columns;
    const int room = columns - 2 - 2 * (times + (layout.has_max ? MAX_COLUMNS : 0));
    layout.name = layout.name > room ? room : layout.name;
    return layout;
}

static void print_time(int columns, const struct entry *entry, double time_ns)
{
    if (entry->samples > 0)
        printf("%*.0f", columns, time_ns);
    else
        printf("%*s", columns, "-");
}

static void print_entry(const struct entry *entry, const struct layout *layout)
{
    print_time(P50_COLUMNS, entry, entry->time_ns[P50]);
    print_time(P99_COLUMNS, entry, entry->time_ns[P99]);
    print_time(P999_COLUMNS, entry, entry->time_ns[P999]);
    if (layout->has_max)
        print_time(MAX_COLUMNS, entry, entry->max_ns);
}

static void print_heading(const char *workload, const struct layout *layout)
{
    const int times =
        P50_COLUMNS + P99_COLUMNS + P999_COLUMNS + (layout->has_max ? MAX_COLUMNS : 0);
    printf("\n%s%s%s  latency of single calls in ns\n", style_on(layout->colour, STYLE_BOLD),
           workload, style_off(layout->colour));
    printf("%s  %-*s%*s%*s\n", style_on(layout->colour, STYLE_DIM), layout->name, "", times,
           "malloc", times, "free");
    printf("  %-*s", layout->name, "allocator");
    for (int i = 0; i < 2; i++) {
        printf("%*s%*s%*s", P50_COLUMNS, "p50", P99_COLUMNS, "p99", P999_COLUMNS, "p99.9");
        if (layout->has_max)
            printf("%*s", MAX_COLUMNS, "max");
    }
    printf("%s\n", style_off(layout->colour));
}

static void print_legend(const struct latency_results *results, const struct layout *layout)
{
    printf("\n%sns: of one call in 64, less what timing takes; median of the samples,\n"
           "the largest max. The clock of this machine goes on in steps of %.1f ns,\n"
           "so that less is not told apart.%s\n",
           style_on(layout->colour, STYLE_DIM), results->step_ns, style_off(layout->colour));
}

void latency_table_print(struct arena *arena, const struct cells *cells,
                         const struct latency_results *results)
{
    const struct layout layout = choose_layout(cells, results);
    const char *workload = "";
    for (int i = 0; i < cells->count && results->count > 0; i++) {
        const struct cell *cell = &cells->at[i];
        const struct entry made = collect(arena, results, i, "malloc");
        const struct entry freed = collect(arena, results, i, "free");
        if (made.samples + freed.samples == 0)
            continue;
        if (strcmp(cell->workload, workload) != 0)
            print_heading(cell->workload, &layout);
        workload = cell->workload;
        const bool is_ours = cell->allocator.kind == ALLOCATOR_HAKMEM;
        printf("%s%s%-*s%s", style_on(layout.colour, is_ours ? STYLE_ACCENT : STYLE_PLAIN),
               is_ours ? "▸ " : "  ", layout.name,
               style_shorten(arena, cell->allocator.name, layout.name),
               is_ours ? style_off(layout.colour) : "");
        print_entry(&made, &layout);
        print_entry(&freed, &layout);
        putchar('\n');
    }
    if (results->count > 0)
        print_legend(results, &layout);
}

json_t *latency_table_json(struct arena *arena, const struct cells *cells,
                           const struct latency_results *results)
{
    static const char *const operations[] = {"malloc", "free", "calloc", "realloc"};
    json_t *array = json_array();
    for (int i = 0; i < cells->count; i++)
        for (size_t o = 0; o < sizeof operations / sizeof *operations; o++) {
            const struct entry entry = collect(arena, results, i, operations[o]);
            if (entry.samples > 0)
                json_array_append_new(
                    array,
                    json_pack("{s:s, s:s, s:s, s:i, s:I, s:f, s:f, s:f, s:f, s:f}", "allocator",
                              cells->at[i].allocator.name, "workload", cells->at[i].workload,
                              "operation", operations[o], "samples", entry.samples, "timed",
                              (json_int_t)entry.timed, "p50_ns", entry.time_ns[P50], "p90_ns",
                              entry.time_ns[P90], "p99_ns", entry.time_ns[P99], "p999_ns",
                              entry.time_ns[P999], "max_ns", entry.max_ns));
        }
    return array;
}
