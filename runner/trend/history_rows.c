#include "runner/trend/history_rows.h"

#include "runner/store/pairs.h"

#include <math.h>

static double log_faults(const struct sample *sample)
{
    return log((double)sample->minflt_phase + 1); /* There may be none. */
}

static double log_rss(const struct sample *sample)
{
    return log((double)sample->peak_rss);
}

static const struct metric {
    enum history_metric name;
    pairs_log *log_of;
    double offset; /* what log_of adds */
} metrics[] = {
    {HISTORY_TIME, pairs_log_time, 0}, {HISTORY_FAULTS, log_faults, 1}, {HISTORY_RSS, log_rss, 0}};
enum { METRICS = sizeof metrics / sizeof *metrics };

static double median_of(struct arena *arena, const struct duel *duel, int cell,
                        const struct metric *metric)
{
    double *values = arena_alloc(arena, ((size_t)duel->samples.count + 1) * sizeof *values);
    size_t count = 0;
    for (int i = 0; i < duel->samples.count; i++)
        if (duel->samples.at[i].cell == cell)
            values[count++] = exp(metric->log_of(&duel->samples.at[i])) - metric->offset;
    return stats_median(values, count);
}

static bool make_metric(struct arena *arena, const struct duel *duel, int row,
                        const struct metric *metric, struct history_row *made)
{
    double *differences = arena_alloc(arena, (size_t)duel->blocks * sizeof *differences);
    made->metric = metric->name;
    made->n = duel->blocks;
    made->blocks = differences;
    made->reference = median_of(arena, duel, 2 * row, metric);
    made->candidate = median_of(arena, duel, 2 * row + 1, metric);
    return pairs_differences_of(arena, &duel->plan, &duel->samples, 2 * row, duel->blocks,
                                metric->log_of, differences) &&
           stats_hodges_lehmann(differences, duel->blocks, 0.95, &made->value);
}

static bool make_p999(struct arena *arena, const struct duel *duel, int row,
                      struct history_row *made)
{
    const size_t n = (size_t)duel->timed_blocks;
    double *values[2], *differences = arena_alloc(arena, (n + 1) * sizeof *differences);
    for (int side = 0; side < 2; side++) {
        values[side] = arena_alloc(arena, (n + 1) * sizeof **values);
        if (!duel_p999(duel, row, side, values[side]))
            return false;
    }
    /* Less than a nanosecond above what timing itself takes cannot be told from none. */
    for (size_t i = 0; i < n; i++)
        differences[i] = log(fmax(values[1][i], 1) / fmax(values[0][i], 1));
    made->metric = HISTORY_P999;
    made->n = duel->timed_blocks;
    made->blocks = differences;
    made->reference = stats_median(values[0], n);
    made->candidate = stats_median(values[1], n);
    return stats_hodges_lehmann(differences, made->n, 0.95, &made->value);
}

int history_rows_make(struct arena *arena, const char *anchor, const struct commit *commit,
                      const struct duel *duel, int row, struct history_row rows[HISTORY_METRICS])
{
    const struct history_row common = {.anchor = anchor,
                                       .workload = duel->rows.at[row],
                                       .metric = HISTORY_TIME,
                                       .commit = commit,
                                       .session_id = duel->session.id};
    const char *of_anchor = duel_trouble(arena, duel, row, 0);
    rows[0] = common;
    rows[0].reason = duel_trouble(arena, duel, row, 1);
    if (rows[0].reason == NULL && of_anchor != NULL)
        rows[0].reason = arena_printf(arena, "the anchor: %s", of_anchor);
    if (rows[0].reason != NULL)
        return 1;
    int made = 0;
    for (int m = 0; m < METRICS; m++, made++) {
        rows[made] = common;
        if (!make_metric(arena, duel, row, &metrics[m], &rows[made]))
            rows[made].reason = "the session lacks samples";
    }
    rows[made] = common;
    return make_p999(arena, duel, row, &rows[made]) ? made + 1 : made;
}
