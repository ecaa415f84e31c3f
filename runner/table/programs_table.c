#include "runner/table/programs_table.h"

#include "runner/base/style.h"
#include "runner/subject/programs.h"

#include <stdio.h>
#include <string.h>

enum { NAME_COLUMNS = 20 };
static const char with_prewarm[] = "hakmem", without_prewarm[] = "hakmem:prewarm=0";

double programs_round_median(struct arena *arena, const json_t *result, int from)
{
    const json_t *times = json_object_get(result, "times");
    const size_t count = json_array_size(times) - (size_t)from;
    double *values = arena_alloc(arena, (count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = json_number_value(json_array_get(times, (size_t)from + i));
    return count > 0 ? stats_median(values, count) : 0;
}

enum column { PEAK_RSS, FAULTS, FAULTS_START, FAULTS_PHASE, COLUMNS };

static double median_or_none(const double *values, int count)
{
    return count > 0 ? stats_median(values, (size_t)count) : RECORD_NONE;
}

static void read_samples(struct arena *arena, const struct samples *samples, int cell,
                         struct programs_line *line, enum exit_code *code)
{
    double *values[COLUMNS];
    int counts[COLUMNS] = {0};
    for (int c = 0; c < COLUMNS; c++)
        values[c] = arena_alloc(arena, ((size_t)samples->count + 1) * sizeof(double));
    for (int i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->at[i];
        if (sample->cell != cell)
            continue;
        line->samples++;
        if (sample->status != SAMPLE_OK) {
            if (line->reason == NULL)
                line->reason = sample->reason;
            const bool is_crash = sample->status == SAMPLE_CRASH || sample->corruptions > 0;
            const enum exit_code own = is_crash ? EXIT_CRASH : EXIT_INCONCLUSIVE;
            *code = own > *code ? own : *code;
            continue;
        }
        const int64_t numbers[COLUMNS] = {sample->peak_rss, sample->minflt_total,
                                          sample->minflt_start, sample->minflt_phase};
        line->ok++;
        for (int c = 0; c < COLUMNS; c++)
            if (numbers[c] >= 0)
                values[c][counts[c]++] = (double)numbers[c];
    }
    line->peak_rss = median_or_none(values[PEAK_RSS], counts[PEAK_RSS]);
    line->faults = median_or_none(values[FAULTS], counts[FAULTS]);
    line->faults_start = median_or_none(values[FAULTS_START], counts[FAULTS_START]);
    line->faults_phase = median_or_none(values[FAULTS_PHASE], counts[FAULTS_PHASE]);
}

static bool is_before(const struct programs_line *a, const struct programs_line *b)
{
    if ((a->row->sum.runs == 0) != (b->row->sum.runs == 0))
        return a->row->sum.runs > 0;
    return a->seconds.estimate < b->seconds.estimate;
}

static void sort_and_compare(struct programs_line *lines, int count)
{
    double best = 0;
    for (int i = 0; i < count; i++) {
        const struct programs_line line = lines[i];
        const enum allocator_kind kind = line.cell->allocator.kind;
        const bool is_peer = kind == ALLOCATOR_GLIBC || kind == ALLOCATOR_PEER;
        if (is_peer && line.row->sum.runs > 0 && (best == 0 || line.seconds.estimate < best))
            best = line.seconds.estimate;
        int j = i;
        for (; j > 0 && is_before(&line, &lines[j - 1]); j--)
            lines[j] = lines[j - 1];
        lines[j] = line;
    }
    for (int i = 0; i < count; i++)
        lines[i].ratio =
            best > 0 && lines[i].row->sum.runs > 0 ? best / lines[i].seconds.estimate : 0;
}

struct programs_table programs_table_make(struct arena *arena, const struct cells *cells,
                                          const struct samples *samples,
                                          const struct program_row *rows, double **rounds)
{
    struct programs_table table = {.exit_code = EXIT_PASS};
    table.lines = arena_alloc(arena, ((size_t)cells->count + 1) * sizeof *table.lines);
    for (int i = 0; i < cells->count; i++) {
        struct programs_line *line = &table.lines[table.count++];
        *line = (struct programs_line){.cell = &cells->at[i], .row = &rows[i], .rounds = rounds[i]};
        read_samples(arena, samples, i, line, &table.exit_code);
        if (rows[i].sum.rounds > 0)
            line->seconds = stats_median_interval(rounds[i], (size_t)rows[i].sum.rounds, 0.95);
        if (rows[i].failures > 0) {
            line->reason = line->reason != NULL ? line->reason : rows[i].reason;
            table.exit_code = table.exit_code == EXIT_PASS ? EXIT_INCONCLUSIVE : table.exit_code;
        }
    }
    /* The cells of a program stand together. */
    for (int i = 0, next; i < table.count; i = next) {
        const char *name = table.lines[i].cell->workload;
        for (next = i; next < table.count && table.lines[next].cell->workload == name;)
            next++;
        sort_and_compare(&table.lines[i], next - i);
    }
    return table;
}

static const struct programs_line *find_line(const struct programs_table *table,
                                             const char *program, const char *allocator)
{
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->lines[i].cell->workload, program) == 0 &&
            strcmp(table->lines[i].cell->allocator.name, allocator) == 0 &&
            table->lines[i].row->sum.runs > 0)
            return &table->lines[i];
    return NULL;
}

static void print_line(struct arena *arena, const struct programs_line *line, bool colour)
{
    const char *name = line->cell->allocator.name;
    const bool is_ours = line->cell->allocator.kind == ALLOCATOR_HAKMEM;
    const struct interval *s = &line->seconds;
    printf("%s%s %-*s%s", style_on(colour, is_ours ? STYLE_ACCENT : STYLE_PLAIN),
           is_ours ? "▸" : " ", NAME_COLUMNS, style_shorten(arena, name, NAME_COLUMNS),
           style_off(colour));
    if (line->cell->allocator.missing != NULL) {
        printf(" missing (%s)\n", line->cell->allocator.missing);
        return;
    }
    const char *ratio = line->ratio > 0 ? arena_printf(arena, "%.2f", line->ratio) : "-";
    if (line->row->sum.runs > 0)
        printf(" %9.3f %6.1f %% %6s %8.1f %8.1f %8.0f %7.1f", 1e3 * s->estimate,
               50 * (s->high - s->low) / s->estimate, ratio, line->row->sum.user_ns / 1e6,
               line->row->sum.system_ns / 1e6, line->faults, line->peak_rss / (1024 * 1024));
    putchar('\n');
    if (line->reason != NULL)
        printf("    %s! %d of %d samples ok, %d rounds failed: %s%s\n", style_on(colour, STYLE_BAD),
               line->ok, line->samples, line->row->failures, line->reason, style_off(colour));
}

/* What prewarm adds to the time of a process, seconds: paired by rounds. False when too few rounds
 * have both. */
static bool price_of(const struct programs_line *on, const struct programs_line *off,
                     struct interval *price)
{
    double differences[STATS_SIGNED_RANK_MAX];
    const int rounds = on->row->sum.rounds;
    if (rounds != off->row->sum.rounds || rounds > STATS_SIGNED_RANK_MAX || on->row->failures > 0 ||
        off->row->failures > 0)
        return false;
    for (int i = 0; i < rounds; i++)
        differences[i] = on->rounds[i] - off->rounds[i];
    return stats_hodges_lehmann(differences, rounds, 0.95, price);
}

/* The lines of a program with and without prewarm; false: it did not run in both ways. */
static bool find_prewarm(const struct programs_table *table, const char *name,
                         const struct programs_line **on, const struct programs_line **off)
{
    *on = find_line(table, name, with_prewarm);
    *off = find_line(table, name, without_prewarm);
    return *on != NULL && *off != NULL;
}

static void print_prewarm(const struct programs_table *table, bool colour)
{
    bool is_first = true;
    for (int i = 0; i < programs_count(); i++) {
        const char *name = program_at(i)->name;
        const struct programs_line *on, *off;
        struct interval price;
        if (!find_prewarm(table, name, &on, &off))
            continue;
        if (is_first)
            printf("\n%sprewarm of hakmem%s  its price, and the page faults that it moves\n"
                   "%s  program     without ms   with ms   faults at start   measured phase%s\n",
                   style_on(colour, STYLE_BOLD), style_off(colour), style_on(colour, STYLE_DIM),
                   style_off(colour));
        is_first = false;
        printf("  %-10s %11.3f %9.3f", name, 1e3 * off->seconds.estimate,
               1e3 * on->seconds.estimate);
        if (on->faults_start >= 0)
            printf("   %6.0f -> %5.0f   %5.0f -> %5.0f", off->faults_start, on->faults_start,
                   off->faults_phase, on->faults_phase);
        putchar('\n');
        if (price_of(on, off, &price))
            printf("    by rounds: %+.3f ms [%+.3f, %+.3f]\n", 1e3 * price.estimate,
                   1e3 * price.low, 1e3 * price.high);
    }
}

void programs_table_print(struct arena *arena, const struct programs_table *table)
{
    const bool colour = style_is_wanted(stdout);
    const char *program = "";
    for (int i = 0; i < table->count; i++) {
        const struct programs_line *line = &table->lines[i];
        if (strcmp(line->cell->workload, program) != 0) {
            program = line->cell->workload;
            printf("\n%s%s%s  %s\n%s  %-*s        ms        ±     vs     user      sys   faults"
                   "     MiB%s\n",
                   style_on(colour, STYLE_BOLD), program, style_off(colour),
                   program_find(program)->about, style_on(colour, STYLE_DIM), NAME_COLUMNS,
                   "allocator", style_off(colour));
        }
        print_line(arena, line, colour);
    }
    print_prewarm(table, colour);
    puts(
        "\nms: median of the rounds' medians, start to end of the process; ±: half of its\n"
        "interval (six rounds give 95 %). vs: beside the best peer, above 1 is faster. user, sys:\n"
        "mean ms of the timed process; faults, MiB: of the process under the allocator, from one\n"
        "run more a round, in which it proved its allocator.");
}

static json_t *known(double value)
{
    return value >= 0 ? json_real(value) : json_null();
}

json_t *programs_table_json(const struct programs_table *table)
{
    json_t *array = json_array();
    for (int i = 0; i < table->count; i++) {
        const struct programs_line *line = &table->lines[i];
        const struct hyperfine_sum *sum = &line->row->sum;
        json_t *object = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:s?, s:s?}", "program",
                                   line->cell->workload, "allocator", line->cell->allocator.name,
                                   "ok", line->ok, "samples", line->samples, "rounds", sum->rounds,
                                   "failures", line->row->failures, "runs", sum->runs, "reason",
                                   line->reason, "missing", line->cell->allocator.missing);
        if (sum->runs > 0) {
            json_object_set_new(object, "wall_s",
                                json_pack("{s:f, s:f, s:f, s:f}", "median", line->seconds.estimate,
                                          "low", line->seconds.low, "high", line->seconds.high,
                                          "coverage", line->seconds.coverage));
            json_object_set_new(object, "ratio", json_real(line->ratio));
            json_object_set_new(object, "user_s", json_real(sum->user_ns / 1e9));
            json_object_set_new(object, "system_s", json_real(sum->system_ns / 1e9));
            json_object_set_new(object, "soft_faults", known(line->faults));
            json_object_set_new(object, "peak_rss_bytes", known(line->peak_rss));
        }
        json_array_append_new(array, object);
    }
    return array;
}

json_t *programs_prewarm_json(const struct programs_table *table)
{
    json_t *array = json_array();
    for (int i = 0; i < programs_count(); i++) {
        const char *name = program_at(i)->name;
        const struct programs_line *on, *off;
        struct interval price;
        if (!find_prewarm(table, name, &on, &off))
            continue;
        json_t *object = json_pack("{s:s, s:f, s:f}", "program", name, "without_s",
                                   off->seconds.estimate, "with_s", on->seconds.estimate);
        json_object_set_new(object, "faults_start_without", known(off->faults_start));
        json_object_set_new(object, "faults_start_with", known(on->faults_start));
        json_object_set_new(object, "faults_phase_without", known(off->faults_phase));
        json_object_set_new(object, "faults_phase_with", known(on->faults_phase));
        if (price_of(on, off, &price))
            json_object_set_new(object, "price_s",
                                json_pack("{s:f, s:f, s:f, s:i}", "estimate", price.estimate, "low",
                                          price.low, "high", price.high, "rounds",
                                          on->row->sum.rounds));
        json_array_append_new(array, object);
    }
    return array;
}
