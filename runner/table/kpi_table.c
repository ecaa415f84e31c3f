#include "runner/table/kpi_table.h"

#include "runner/base/style.h"
#include "runner/stats/stats.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MIN = 12, GAP = 2 };

/* A column of the table: the sum of up to three KPIs; without one, of the events. */
static const struct column {
    const char *title;
    int columns;
    double unit;
    int decimals;
    const char *names[3];
} table[] = {
    {"refills", 10, 1, 0, {"tiny.refills"}},
    {"drains", 10, 1, 0, {"tiny.drains"}},
    {"slabs", 8, 1, 0, {"pool.acquires"}},
    {"ACE", 9, 1, 0, {"ace.hits", "ace.misses"}},
    {"large", 8, 1, 0, {"span.hits", "huge.hits", "huge.misses"}},
    {"mapped", 8, 1 << 20, 1, {"superslab.bytes_mapped", "span.bytes_mapped", "huge.bytes_used"}},
    {"held", 8, 1 << 20, 1, {"held.bytes"}},
    {"purged", 8, 1 << 20, 1, {"purge.bytes"}},
    {"events", 8, 1, 0, {NULL}},
};
enum { COLUMNS = sizeof table / sizeof *table };

/* The median over the samples of a cell; 0 when none of them has it. */
static double median_of(struct arena *arena, const struct kpi_results *results, int cell,
                        const char *name)
{
    double *values = arena_alloc(arena, ((size_t)results->count + 1) * sizeof *values);
    size_t count = 0;
    for (int i = 0; i < results->count; i++)
        if (results->at[i].cell == cell && strcmp(name, results->at[i].kpi.name) == 0)
            values[count++] = (double)results->at[i].kpi.value;
    return count > 0 ? stats_median(values, count) : 0;
}

/* Of all kinds in all samples: one is one too many. */
static double count_events(const struct kpi_results *results, int cell)
{
    double sum = 0;
    for (int i = 0; i < results->count; i++)
        if (results->at[i].cell == cell &&
            strncmp(results->at[i].kpi.name, "event.", strlen("event.")) == 0)
            sum += (double)results->at[i].kpi.value;
    return sum;
}

/* Whether the allocator of a cell counts at all. */
static bool has_kpis(const struct kpi_results *results, int cell)
{
    for (int i = 0; i < results->count; i++)
        if (results->at[i].cell == cell &&
            strncmp(results->at[i].kpi.name, "work.", strlen("work.")) != 0)
            return true;
    return false;
}

static void print_value(struct arena *arena, const struct kpi_results *results, int cell,
                        const struct column *column)
{
    double sum = column->names[0] == NULL ? count_events(results, cell) : 0;
    for (int i = 0; i < 3 && column->names[i] != NULL; i++)
        sum += median_of(arena, results, cell, column->names[i]);
    printf("%*.*f", column->columns, column->decimals, sum / column->unit);
}

/* As many columns as fit, and the width of the name. */
static int choose_columns(const struct cells *cells, int *name)
{
    const int room = style_columns(stdout) < 100 ? style_columns(stdout) : 100;
    int width = 0, count = 0;
    *name = NAME_MIN;
    for (int i = 0; i < cells->count; i++) {
        const int own = style_width(cells->at[i].allocator.name);
        *name = own > *name ? own : *name;
    }
    *name = *name > room / 3 ? room / 3 : *name;
    while (count < COLUMNS && GAP + *name + width + table[count].columns <= room)
        width += table[count++].columns;
    return count;
}

void kpi_table_print(struct arena *arena, const struct cells *cells,
                     const struct kpi_results *results)
{
    const bool colour = style_is_wanted(stdout);
    int name;
    const int columns = choose_columns(cells, &name);
    if (results->count == 0)
        return;
    printf("\n%swhat the allocator counted%s\n%s  %-*s", style_on(colour, STYLE_BOLD),
           style_off(colour), style_on(colour, STYLE_DIM), name, "allocator");
    for (int c = 0; c < columns; c++)
        printf("%*s", table[c].columns, table[c].title);
    printf("%s\n", style_off(colour));
    for (int i = 0; i < cells->count; i++) {
        const struct allocator *allocator = &cells->at[i].allocator;
        const bool is_ours = allocator->kind == ALLOCATOR_HAKMEM;
        if (allocator->missing != NULL)
            continue;
        printf("%s%s%-*s%s", style_on(colour, is_ours ? STYLE_ACCENT : STYLE_PLAIN),
               is_ours ? "▸ " : "  ", name, style_shorten(arena, allocator->name, name),
               is_ours ? style_off(colour) : "");
        for (int c = 0; c < columns; c++)
            if (has_kpis(results, i))
                print_value(arena, results, i, &table[c]);
            else
                printf("%*s", table[c].columns, "-");
        putchar('\n');
    }
    printf(
        "\n%sslabs: taken from the shared pool. ACE, large: blocks of those tiers. mapped, held,\n"
        "purged: MiB at the end, in use or not, and given back to the system in all. -: not "
        "told.%s\n",
        style_on(colour, STYLE_DIM), style_off(colour));
}

json_t *kpi_table_json(struct arena *arena, const struct cells *cells,
                       const struct kpi_results *results)
{
    json_t *array = json_array();
    for (int i = 0; i < cells->count; i++) {
        json_t *numbers = has_kpis(results, i) ? json_object() : json_null();
        for (int r = 0; r < results->count && json_is_object(numbers); r++)
            if (results->at[r].cell == i &&
                json_object_get(numbers, results->at[r].kpi.name) == NULL)
                json_object_set_new(numbers, results->at[r].kpi.name,
                                    json_integer((json_int_t)median_of(arena, results, i,
                                                                       results->at[r].kpi.name)));
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:o}", "allocator", cells->at[i].allocator.name,
                                        "workload", cells->at[i].workload, "kpi", numbers));
    }
    return array;
}
