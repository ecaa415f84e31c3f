#include "runner/store/summary.h"

#include <stdlib.h>
#include <string.h>

static double metric_of(const struct sample *sample, enum summary_metric metric)
{
    return metric == SUMMARY_RATE ? (double)sample->ops * 1e9 / (double)sample->elapsed_ns
                                  : (double)sample->wall_ns / 1e9;
}

enum column {
    COLUMN_VALUE,
    COLUMN_FAULTS,
    COLUMN_FAULTS_START,
    COLUMN_FAULTS_AFTER,
    COLUMN_RSS,
    COLUMN_USER,
    COLUMN_SYSTEM,
    COLUMNS
};

static void summarise_cell(struct arena *arena, const struct cell *cell, int index,
                           const struct samples *samples, enum summary_metric metric,
                           struct line *line)
{
    *line = (struct line){.cell = cell};
    double *columns[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
        columns[c] = arena_alloc(arena, ((size_t)samples->count + 1) * sizeof(double));
    size_t ok = 0;
    for (int i = 0; i < samples->count; i++) {
        const struct sample *sample = &samples->at[i];
        if (sample->cell != index)
            continue;
        line->samples++;
        line->counts[sample->status]++;
        line->corruptions += sample->corruptions > 0 ? sample->corruptions : 0;
        line->audit_errors += sample->audit_errors > 0 ? sample->audit_errors : 0;
        line->operations += sample->ops > 0 ? sample->ops : 0;
        /* Our workloads say a wrong result by their exit code; of others it means nothing. */
        line->wrong_results += metric == SUMMARY_RATE && sample->status == SAMPLE_FAILED &&
                               sample->exit_code == EXIT_CRASH;
        if (sample->status != SAMPLE_OK) {
            if (line->reason == NULL) {
                line->reason = sample->reason;
                line->troubled = sample->status;
            }
            continue;
        }
        columns[COLUMN_VALUE][ok] = metric_of(sample, metric);
        columns[COLUMN_FAULTS][ok] =
            (double)(sample->minflt_phase >= 0 ? sample->minflt_phase : sample->minflt_total);
        columns[COLUMN_FAULTS_START][ok] = (double)sample->minflt_start;
        columns[COLUMN_FAULTS_AFTER][ok] =
            (double)(sample->minflt_total - sample->minflt_start - sample->minflt_phase);
        columns[COLUMN_RSS][ok] = (double)sample->peak_rss;
        columns[COLUMN_USER][ok] = (double)sample->user_ns / 1e9;
        columns[COLUMN_SYSTEM][ok] = (double)sample->system_ns / 1e9;
        ok++;
    }
    if (ok == 0)
        return;
    line->value = stats_median_interval(columns[COLUMN_VALUE], ok, 0.95);
    line->faults = stats_median(columns[COLUMN_FAULTS], ok);
    line->faults_start = stats_median(columns[COLUMN_FAULTS_START], ok);
    line->faults_after = stats_median(columns[COLUMN_FAULTS_AFTER], ok);
    line->peak_rss = stats_median(columns[COLUMN_RSS], ok);
    line->user_s = stats_median(columns[COLUMN_USER], ok);
    line->system_s = stats_median(columns[COLUMN_SYSTEM], ok);
    line->ns_per_op = metric == SUMMARY_RATE ? 1e9 / line->value.estimate : 0;
}

static double goodness(const struct line *line, enum summary_metric metric)
{
    if (line->counts[SAMPLE_OK] == 0)
        return 0;
    return metric == SUMMARY_RATE ? line->value.estimate : 1 / line->value.estimate;
}

static void set_ratios(struct line *lines, int count, enum summary_metric metric)
{
    double best = 0;
    for (int i = 0; i < count; i++) {
        const enum allocator_kind kind = lines[i].cell->allocator.kind;
        const double good = goodness(&lines[i], metric);
        if ((kind == ALLOCATOR_GLIBC || kind == ALLOCATOR_PEER) && good > best)
            best = good;
    }
    for (int i = 0; i < count; i++)
        lines[i].ratio = best > 0 ? goodness(&lines[i], metric) / best : 0;
}

/* Best first; then what was measured in vain, then what is missing. Insertion keeps the order of
 * the matrix among equals. */
static void sort_lines(struct line *lines, int count, enum summary_metric metric)
{
    for (int i = 1; i < count; i++) {
        const struct line line = lines[i];
        const double good = goodness(&line, metric);
        int j = i;
        for (; j > 0; j--) {
            const struct line *other = &lines[j - 1];
            const double theirs = goodness(other, metric);
            const bool stays =
                theirs > good || (theirs == good && (other->samples > 0 || line.samples == 0));
            if (stays)
                break;
            lines[j] = *other;
        }
        lines[j] = line;
    }
}

static void add_totals(struct summary *summary, const struct line *line)
{
    for (int s = 0; s < SAMPLE_STATUSES; s++)
        summary->counts[s] += line->counts[s];
    summary->corruptions += line->corruptions;
    summary->operations += line->operations;
    summary->audit_errors += line->audit_errors;
    summary->wrong_results += line->wrong_results;
}

struct summary summary_make(struct arena *arena, const struct cells *cells,
                            const struct samples *samples, enum summary_metric metric)
{
    struct summary summary = {0};
    summary.lines = arena_alloc(arena, ((size_t)cells->count + 1) * sizeof *summary.lines);
    for (int i = 0; i < cells->count; i++) {
        const char *workload = cells->at[i].workload;
        bool is_first = cells->at[i].pass == PASS_THROUGHPUT;
        for (int j = 0; j < i && is_first; j++)
            is_first = is_first && strcmp(cells->at[j].workload, workload) != 0;
        if (!is_first)
            continue;
        struct line *lines = &summary.lines[summary.count];
        int count = 0;
        for (int j = i; j < cells->count; j++)
            if (strcmp(cells->at[j].workload, workload) == 0 &&
                cells->at[j].pass == PASS_THROUGHPUT)
                summarise_cell(arena, &cells->at[j], j, samples, metric, &lines[count++]);
        set_ratios(lines, count, metric);
        sort_lines(lines, count, metric);
        summary.count += count;
    }
    for (int i = 0; i < summary.count; i++)
        add_totals(&summary, &summary.lines[i]);
    /* A crash is a crash in whatever pass. */
    for (int i = 0; i < cells->count; i++)
        if (cells->at[i].pass != PASS_THROUGHPUT) {
            struct line line;
            summarise_cell(arena, &cells->at[i], i, samples, metric, &line);
            add_totals(&summary, &line);
        }
    return summary;
}

enum exit_code summary_exit_code(const struct summary *summary)
{
    if (summary->counts[SAMPLE_CRASH] > 0 || summary->corruptions > 0 || summary->wrong_results > 0)
        return EXIT_CRASH;
    if (summary->counts[SAMPLE_TIMEOUT] + summary->counts[SAMPLE_FAILED] +
            summary->counts[SAMPLE_VOID] >
        0)
        return EXIT_INCONCLUSIVE;
    return EXIT_PASS;
}
