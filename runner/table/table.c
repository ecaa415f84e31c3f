#define _GNU_SOURCE
#include "runner/table/table.h"

#include "runner/base/style.h"

#include <string.h>

/* Widths of the columns; the name takes what its longest takes, the bar what is left. */
enum {
    TABLE_COLUMNS = 100,
    MARK_COLUMNS = 2,
    NAME_MAX_COLUMNS = 46,
    NAME_MIN_COLUMNS = 12,
    VALUE_COLUMNS = 8,
    ERROR_COLUMNS = 8,
    RATIO_COLUMNS = 8,
    FAULTS_COLUMNS = 9,
    RSS_COLUMNS = 9,
    TIME_COLUMNS = 8, /* user and system, of exec only */
    BAR_MAX_COLUMNS = 20,
};

struct layout {
    int name, bar;
    bool colour;
    enum summary_metric metric;
};

static struct layout choose_layout(const struct summary *summary, enum summary_metric metric)
{
    int columns = style_columns(stdout);
    columns = columns > TABLE_COLUMNS ? TABLE_COLUMNS : columns;
    int fixed = MARK_COLUMNS + VALUE_COLUMNS + ERROR_COLUMNS + RATIO_COLUMNS + 1 + FAULTS_COLUMNS +
                RSS_COLUMNS;
    if (metric == SUMMARY_WALL)
        fixed += 2 * TIME_COLUMNS;
    struct layout layout = {.colour = style_is_wanted(stdout), .metric = metric};
    for (int i = 0; i < summary->count; i++) {
        const int width = style_width(summary->lines[i].cell->allocator.name);
        /* A longer name gets a line of its own instead of pushing all others aside. */
        if (width > layout.name && width <= NAME_MAX_COLUMNS)
            layout.name = width;
    }
    const int room = columns - fixed;
    if (layout.name > room)
        layout.name = room;
    if (layout.name < NAME_MIN_COLUMNS)
        layout.name = NAME_MIN_COLUMNS;
    layout.bar = room - layout.name;
    layout.bar = layout.bar > BAR_MAX_COLUMNS ? BAR_MAX_COLUMNS : layout.bar < 0 ? 0 : layout.bar;
    return layout;
}

/* Text at the right end of a column; %*s counts bytes, and some of our characters have three. */
static void put_right(const char *text, int columns)
{
    printf("%*s%s", columns - style_width(text) > 0 ? columns - style_width(text) : 0, "", text);
}

static const char *format_value(struct arena *arena, double value, enum summary_metric metric)
{
    const double shown = metric == SUMMARY_RATE ? value / 1e6 : value * 1e3;
    return arena_printf(arena, shown < 10 ? "%.3f" : shown < 100 ? "%.2f" : "%.1f", shown);
}

static const char *format_error(struct arena *arena, const struct line *line)
{
    if (line->counts[SAMPLE_OK] < 2)
        return "–";
    const double half = (line->value.high - line->value.low) / 2;
    return arena_printf(arena, "%.1f %%", 100 * half / line->value.estimate);
}

static const char *format_count(struct arena *arena, double count)
{
    return count < 1e7 ? arena_printf(arena, "%.0f", count)
                       : arena_printf(arena, "%.1f M", count / 1e6);
}

static const char *format_mib(struct arena *arena, double bytes)
{
    return arena_printf(arena, "%.1f", bytes / (1024 * 1024));
}

static void print_title(struct arena *arena, const struct catalog *catalog, const struct line *line,
                        const struct layout *layout)
{
    const struct cell *cell = line->cell;
    const struct catalog_row *row = catalog_find_row(catalog, cell->workload);
    const char *words = strings_join(arena, &cell->arguments, " ");
    const char *about = row != NULL ? row->about : "";
    if (layout->metric == SUMMARY_WALL)
        about = arena_printf(arena, "%s %s", cell->program, words);
    printf("\n%s%s%s  %s\n", style_on(layout->colour, STYLE_BOLD), cell->workload,
           style_off(layout->colour),
           style_shorten(arena, about, TABLE_COLUMNS - 2 - style_width(cell->workload)));
    if (layout->metric == SUMMARY_RATE && cell->arguments.count > 0)
        printf("%s%*s  %s%s\n", style_on(layout->colour, STYLE_DIM), style_width(cell->workload),
               "", style_shorten(arena, words, TABLE_COLUMNS - 2 - style_width(cell->workload)),
               style_off(layout->colour));
}

static void print_heading(const struct layout *layout)
{
    const bool is_rate = layout->metric == SUMMARY_RATE;
    printf("%s%*s%-*s", style_on(layout->colour, STYLE_DIM), MARK_COLUMNS, "", layout->name,
           "allocator");
    put_right(is_rate ? "M ops/s" : "ms", VALUE_COLUMNS);
    put_right("±", ERROR_COLUMNS);
    if (!is_rate) {
        put_right("user", TIME_COLUMNS);
        put_right("system", TIME_COLUMNS);
    }
    put_right("vs best", RATIO_COLUMNS);
    printf(" %*s", layout->bar, "");
    put_right("faults", FAULTS_COLUMNS);
    put_right("MiB", RSS_COLUMNS);
    printf("%s\n", style_off(layout->colour));
}

static void print_numbers(struct arena *arena, const struct line *line, double best,
                          const struct layout *layout)
{
    put_right(format_value(arena, line->value.estimate, layout->metric), VALUE_COLUMNS);
    put_right(format_error(arena, line), ERROR_COLUMNS);
    if (layout->metric == SUMMARY_WALL) {
        put_right(format_value(arena, line->user_s, SUMMARY_WALL), TIME_COLUMNS);
        put_right(format_value(arena, line->system_s, SUMMARY_WALL), TIME_COLUMNS);
    }
    put_right(line->ratio > 0 ? arena_printf(arena, "%.2f", line->ratio) : "–", RATIO_COLUMNS);
    const double part =
        layout->metric == SUMMARY_RATE ? line->value.estimate / best : best / line->value.estimate;
    printf(" %s", layout->bar > 0 ? style_bar(arena, part, layout->bar) : "");
    put_right(format_count(arena, line->faults), FAULTS_COLUMNS);
    put_right(format_mib(arena, line->peak_rss), RSS_COLUMNS);
}

static void print_trouble(struct arena *arena, const struct line *line, const struct layout *layout)
{
    static const char *const verbs[SAMPLE_STATUSES] = {"", "crashed", "timed out", "failed",
                                                       "void"};
    struct strings parts = {0};
    for (int s = SAMPLE_CRASH; s < SAMPLE_STATUSES; s++)
        if (line->counts[s] > 0)
            strings_add(
                arena, &parts,
                arena_printf(arena, "%d of %d %s", line->counts[s], line->samples, verbs[s]));
    if (line->corruptions > 0)
        strings_add(arena, &parts,
                    arena_printf(arena, "%lld corruptions found", (long long)line->corruptions));
    if (parts.count == 0)
        return;
    const char *text = strings_join(arena, &parts, ", ");
    if (line->reason != NULL)
        text = arena_printf(arena, "%s: %s", text, line->reason);
    printf("    %s! %s%s\n", style_on(layout->colour, STYLE_BAD),
           style_shorten(arena, text, TABLE_COLUMNS - 6), style_off(layout->colour));
}

static void print_line(struct arena *arena, const struct line *line, double best,
                       const struct layout *layout)
{
    const char *name = line->cell->allocator.name;
    const bool is_ours = line->cell->allocator.kind == ALLOCATOR_HAKMEM;
    const char *on = style_on(layout->colour, is_ours ? STYLE_ACCENT : STYLE_PLAIN);
    const char *off = is_ours ? style_off(layout->colour) : "";
    const char *mark = is_ours ? "▸ " : "  ";
    if (line->samples == 0) {
        const char *missing = line->cell->allocator.missing;
        printf("%s%s%-*s%s  %s%s%s\n", on, mark, layout->name, name, off,
               style_on(layout->colour, STYLE_DIM),
               missing != NULL ? arena_printf(arena, "missing (%s)", missing) : "not measured",
               style_off(layout->colour));
        return;
    }
    if (style_width(name) > layout->name)
        printf("%s%s%s%s\n%*s", on, mark, name, off, MARK_COLUMNS + layout->name, "");
    else
        printf("%s%s%-*s%s", on, mark, layout->name, name, off);
    if (line->counts[SAMPLE_OK] > 0)
        print_numbers(arena, line, best, layout);
    else
        put_right("–", VALUE_COLUMNS);
    putchar('\n');
    print_trouble(arena, line, layout);
}

static double best_value(const struct summary *summary, int first, enum summary_metric metric)
{
    double best = 0;
    for (int i = first; i < summary->count; i++) {
        const struct line *line = &summary->lines[i];
        if (strcmp(line->cell->workload, summary->lines[first].cell->workload) != 0)
            break;
        if (line->counts[SAMPLE_OK] == 0)
            continue;
        const double value = line->value.estimate;
        if (best <= 0 || (metric == SUMMARY_RATE ? value > best : value < best))
            best = value;
    }
    return best;
}

static void print_legend(const struct summary *summary, const struct layout *layout)
{
    int runs = 0;
    for (int i = 0; i < summary->count; i++)
        if (summary->lines[i].counts[SAMPLE_OK] > runs)
            runs = summary->lines[i].counts[SAMPLE_OK];
    printf("\n%s", style_on(layout->colour, STYLE_DIM));
    printf("%s: median; ±: half the %s.\n",
           layout->metric == SUMMARY_RATE ? "M ops/s" : "ms, user, system",
           runs >= STATS_SIGNED_RANK_MIN ? "width of the median's 95 % interval"
                                         : "range (six runs give a 95 % interval)");
    printf("vs best: speed beside the best peer, above 1 is faster. MiB: peak resident memory.\n");
    printf("faults: soft page faults of the %s.%s\n",
           layout->metric == SUMMARY_RATE ? "measured phase" : "process",
           style_off(layout->colour));
}

void table_print(struct arena *arena, const struct catalog *catalog, const struct summary *summary,
                 enum summary_metric metric)
{
    const struct layout layout = choose_layout(summary, metric);
    double best = 0;
    const char *workload = "";
    for (int i = 0; i < summary->count; i++) {
        const struct line *line = &summary->lines[i];
        if (strcmp(line->cell->workload, workload) != 0) {
            workload = line->cell->workload;
            best = best_value(summary, i, metric);
            print_title(arena, catalog, line, &layout);
            print_heading(&layout);
        }
        print_line(arena, line, best, &layout);
    }
    print_legend(summary, &layout);
}

const char *table_counts(struct arena *arena, const struct summary *summary)
{
    static const char *const words[SAMPLE_STATUSES] = {"ok", "crashed", "timed out", "failed",
                                                       "void"};
    struct strings parts = {0};
    int samples = 0;
    for (int s = 0; s < SAMPLE_STATUSES; s++) {
        samples += summary->counts[s];
        if (summary->counts[s] > 0)
            strings_add(arena, &parts, arena_printf(arena, "%d %s", summary->counts[s], words[s]));
    }
    if (summary->corruptions > 0)
        strings_add(arena, &parts,
                    arena_printf(arena, "%lld corruptions", (long long)summary->corruptions));
    return arena_printf(arena, "%d samples: %s", samples, strings_join(arena, &parts, ", "));
}

static json_t *line_json(const struct line *line, enum summary_metric metric)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s?, s:i, s:I, s:I, s:I}", "allocator", line->cell->allocator.name,
        "workload", line->cell->workload, "state",
        line->cell->allocator.missing != NULL ? "missing" : "measured", "reason",
        line->cell->allocator.missing != NULL ? line->cell->allocator.missing : line->reason,
        "samples", line->samples, "corruptions", (json_int_t)line->corruptions, "audit_errors",
        (json_int_t)line->audit_errors, "operations", (json_int_t)line->operations);
    for (int s = 0; s < SAMPLE_STATUSES; s++)
        json_object_set_new(object, sample_status_name((enum sample_status)s),
                            json_integer(line->counts[s]));
    if (line->counts[SAMPLE_OK] == 0)
        return object;
    json_object_set_new(object, metric == SUMMARY_RATE ? "ops_per_s" : "wall_s",
                        json_pack("{s:f, s:f, s:f, s:f}", "median", line->value.estimate, "low",
                                  line->value.low, "high", line->value.high, "coverage",
                                  line->value.coverage));
    if (line->ratio > 0)
        json_object_set_new(object, "ratio_to_best_peer", json_real(line->ratio));
    json_object_set_new(object, "soft_faults", json_real(line->faults));
    if (metric == SUMMARY_RATE) {
        json_object_set_new(object, "soft_faults_start", json_real(line->faults_start));
        json_object_set_new(object, "soft_faults_after", json_real(line->faults_after));
    }
    json_object_set_new(object, "peak_rss_bytes", json_real(line->peak_rss));
    json_object_set_new(object, "user_s", json_real(line->user_s));
    json_object_set_new(object, "system_s", json_real(line->system_s));
    return object;
}

json_t *table_json(const struct summary *summary, enum summary_metric metric)
{
    json_t *array = json_array();
    for (int i = 0; i < summary->count; i++)
        json_array_append_new(array, line_json(&summary->lines[i], metric));
    return array;
}
