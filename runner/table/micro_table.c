#include "runner/table/micro_table.h"

#include "runner/base/style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN_MIN = 11, COLUMN_MAX = 24, GAP = 2, TABLE_COLUMNS = 100 };

struct layout {
    int name, column; /* columns of the screen that they take */
    bool colour;
};

static const char heading[] = "ns per operation";

static int find_row(const struct micro_table *table, const char *name)
{
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return i;
    return -1;
}

static struct micro_entry summarise(const struct micro_results *results, const char *name, int cell,
                                    double *ns, double *faults)
{
    size_t count = 0;
    for (int i = 0; i < results->count; i++) {
        const struct micro_result *result = &results->at[i];
        if (result->cell != cell || strcmp(result->name, name) != 0)
            continue;
        ns[count] = result->ns_per_op;
        faults[count++] = result->faults_per_op;
    }
    if (count == 0)
        return (struct micro_entry){0};
    return (struct micro_entry){.samples = (int)count,
                                .ns_per_op = stats_median_interval(ns, count, 0.95),
                                .faults_per_op = stats_median(faults, count)};
}

struct micro_table micro_table_make(struct arena *arena, const struct cells *cells,
                                    const struct micro_results *results)
{
    const size_t most = (size_t)results->count + 1;
    struct micro_table table = {.cells = cells};
    table.rows = arena_alloc(arena, most * sizeof *table.rows);
    double *ns = arena_alloc(arena, most * sizeof *ns);
    double *faults = arena_alloc(arena, most * sizeof *faults);
    for (int i = 0; i < results->count; i++)
        if (find_row(&table, results->at[i].name) < 0)
            table.rows[table.count++] = (struct micro_row){
                .name = results->at[i].name, .threads = results->at[i].threads, .best = -1};
    for (int i = 0; i < table.count; i++) {
        struct micro_row *row = &table.rows[i];
        row->entries = arena_alloc(arena, (size_t)cells->count * sizeof *row->entries);
        for (int c = 0; c < cells->count; c++) {
            row->entries[c] = summarise(results, row->name, c, ns, faults);
            if (row->entries[c].samples > 0 &&
                (row->best < 0 ||
                 row->entries[c].ns_per_op.estimate < row->entries[row->best].ns_per_op.estimate))
                row->best = c;
        }
    }
    return table;
}

static const char *format_ns(struct arena *arena, double ns)
{
    return arena_printf(arena, ns < 100 ? "%.2f" : ns < 1000 ? "%.1f" : "%.0f", ns);
}

static void put_value(const char *text, bool is_best, const struct layout *layout)
{
    const bool is_marked = is_best && layout->colour;
    const int width = style_width(text) + 1;
    printf("%*s%s%s%s%s", layout->column > width ? layout->column - width : 0, "",
           style_on(is_marked, STYLE_ACCENT), text, is_best ? "*" : " ", style_off(is_marked));
}

static bool has_any(const struct micro_table *table, int cell)
{
    for (int i = 0; i < table->count; i++)
        if (table->rows[i].entries[cell].samples > 0)
            return true;
    return false;
}

/* Of one allocator over the rows that all have of which anything is known; NaN when there is none.
 */
static double geometric_mean(const struct micro_table *table, int cell)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < table->count; i++) {
        bool is_common = table->rows[i].entries[cell].samples > 0;
        for (int c = 0; c < table->cells->count; c++)
            is_common = is_common && (table->rows[i].entries[c].samples > 0 || !has_any(table, c));
        if (!is_common)
            continue;
        sum += log(table->rows[i].entries[cell].ns_per_op.estimate);
        count++;
    }
    return count > 0 ? exp(sum / count) : NAN;
}

static void print_means(struct arena *arena, const struct micro_table *table, int first, int end,
                        const struct layout *layout)
{
    printf("%-*s", layout->name, "geometric mean");
    for (int c = first; c < end; c++) {
        const double mean = geometric_mean(table, c);
        put_value(isnan(mean) ? "–" : format_ns(arena, mean), false, layout);
    }
    putchar('\n');
}

static void print_columns(struct arena *arena, const struct micro_table *table, int first, int end,
                          const struct layout *layout)
{
    printf("\n%s%-*s", style_on(layout->colour, STYLE_DIM), layout->name, heading);
    for (int c = first; c < end; c++)
        put_value(style_shorten(arena, table->cells->at[c].allocator.name, layout->column - GAP),
                  false, layout);
    printf("%s\n", style_off(layout->colour));
    for (int i = 0; i < table->count; i++) {
        const struct micro_row *row = &table->rows[i];
        printf("%-*s", layout->name, row->name);
        for (int c = first; c < end; c++)
            put_value(row->entries[c].samples > 0
                          ? format_ns(arena, row->entries[c].ns_per_op.estimate)
                          : "–",
                      c == row->best, layout);
        putchar('\n');
    }
    print_means(arena, table, first, end, layout);
}

static struct layout choose_layout(const struct micro_table *table)
{
    struct layout layout = {
        .name = style_width(heading), .column = COLUMN_MIN, .colour = style_is_wanted(stdout)};
    for (int i = 0; i < table->count; i++)
        if (style_width(table->rows[i].name) > layout.name)
            layout.name = style_width(table->rows[i].name);
    for (int c = 0; c < table->cells->count; c++)
        if (style_width(table->cells->at[c].allocator.name) + GAP > layout.column)
            layout.column = style_width(table->cells->at[c].allocator.name) + GAP;
    layout.column = layout.column > COLUMN_MAX ? COLUMN_MAX : layout.column;
    return layout;
}

void micro_table_print(struct arena *arena, const struct micro_table *table)
{
    const struct layout layout = choose_layout(table);
    const int cells = table->cells->count, wide = style_columns(stdout);
    int at_once = ((wide > TABLE_COLUMNS ? TABLE_COLUMNS : wide) - layout.name) / layout.column;
    at_once = at_once < 1 ? 1 : at_once;
    for (int first = 0; first < cells && table->count > 0; first += at_once)
        print_columns(arena, table, first, first + at_once < cells ? first + at_once : cells,
                      &layout);
    printf(
        "\n%sMedians of the time that an operation takes its thread; * the least of its row.%s\n",
        style_on(layout.colour, STYLE_DIM), style_off(layout.colour));
}

static json_t *entry_json(const struct micro_row *row, const struct cell *cell,
                          const struct micro_entry *entry)
{
    return json_pack("{s:s, s:i, s:s, s:i, s:{s:f, s:f, s:f, s:f}, s:f}", "name", row->name,
                     "threads", row->threads, "allocator", cell->allocator.name, "samples",
                     entry->samples, "ns_per_op", "median", entry->ns_per_op.estimate, "low",
                     entry->ns_per_op.low, "high", entry->ns_per_op.high, "coverage",
                     entry->ns_per_op.coverage, "faults_per_op", entry->faults_per_op);
}

json_t *micro_table_json(const struct micro_table *table)
{
    json_t *array = json_array();
    for (int i = 0; i < table->count; i++)
        for (int c = 0; c < table->cells->count; c++)
            if (table->rows[i].entries[c].samples > 0)
                json_array_append_new(array, entry_json(&table->rows[i], &table->cells->at[c],
                                                        &table->rows[i].entries[c]));
    return array;
}
