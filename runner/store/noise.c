#include "runner/store/noise.h"

#include "runner/stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The median of |x - y| of two normal numbers, by their standard deviation. */
static const double median_of_difference = 0.95387;

/* Differences of one cell are a stretch of those of its workload, these of those of all. */
struct collection {
    double *at;
    size_t count;
};

/* 0 when it cannot be told: a benchmark that chose its own number of operations, say. */
static double time_of(const struct sample *sample)
{
    if (sample->status != SAMPLE_OK)
        return 0;
    if (sample->ops > 0)
        return sample->elapsed_ns > 0 ? (double)sample->elapsed_ns / (double)sample->ops : 0;
    return (double)sample->wall_ns;
}

/* The times of a cell in order; NULL with *count 0 for a pass that times single operations. */
static double *times_of(struct arena *arena, const struct cells *cells,
                        const struct samples *samples, int cell, size_t *count)
{
    *count = 0;
    if (cells->at[cell].pass != PASS_THROUGHPUT)
        return NULL;
    double *times = arena_alloc(arena, ((size_t)samples->count + 1) * sizeof *times);
    for (int i = 0; i < samples->count; i++)
        if (samples->at[i].cell == cell && time_of(&samples->at[i]) > 0)
            times[(*count)++] = log(time_of(&samples->at[i]));
    return times;
}

static size_t pairs_of(size_t count)
{
    size_t pairs = 0;
    for (size_t lag = 1; lag < count && lag <= NOISE_LAG_MAX; lag++)
        pairs += count - lag;
    return pairs;
}

static void add_differences(const double *times, size_t count, struct collection *all)
{
    for (size_t lag = 1; lag < count && lag <= NOISE_LAG_MAX; lag++)
        for (size_t i = 0; i + lag < count; i++)
            all->at[all->count++] = fabs(times[i + lag] - times[i]);
}

/* Sorts the differences. */
static void conclude(double *differences, size_t count, struct noise *noise)
{
    stats_sort(differences, count);
    const size_t middle = count / 2, rank = (size_t)ceil(0.95 * (double)count);
    const double median =
        count % 2 == 1 ? differences[middle] : (differences[middle - 1] + differences[middle]) / 2;
    noise->pairs = (int64_t)count;
    noise->spread = median / median_of_difference;
    noise->p95 = differences[rank - 1];
}

static bool is_first_of_workload(const struct cells *cells, int cell)
{
    for (int i = 0; i < cell; i++)
        if (strcmp(cells->at[i].workload, cells->at[cell].workload) == 0)
            return false;
    return true;
}

/* Appends a row for each cell of the workload that has two samples or more to `rows`, and their
 * differences to `all`; the row of the workload in *noise. */
static void add_workload(struct arena *arena, const struct cells *cells,
                         const struct samples *samples, const char *workload,
                         struct collection *all, struct noises *rows, struct noise *noise)
{
    *noise = (struct noise){.workload = workload, .allocator = "", .side = ""};
    double *first = all->at + all->count;
    for (int i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->at[i];
        size_t count;
        if (strcmp(cell->workload, workload) != 0)
            continue;
        const double *times = times_of(arena, cells, samples, i, &count);
        if (count < 2)
            continue;
        double *own = all->at + all->count;
        add_differences(times, count, all);
        struct noise *row = &rows->at[rows->count++];
        *row = (struct noise){.workload = workload,
                              .allocator = cell->allocator.name,
                              .side = cell->side,
                              .samples = (int)count};
        conclude(own, (size_t)(all->at + all->count - own), row);
        noise->samples += (int)count;
    }
    if (noise->samples > 0)
        conclude(first, (size_t)(all->at + all->count - first), noise);
}

struct noises noise_of(struct arena *arena, const struct cells *cells,
                       const struct samples *samples)
{
    size_t room = 0, count;
    for (int i = 0; i < cells->count; i++) {
        times_of(arena, cells, samples, i, &count);
        room += pairs_of(count);
    }
    if (room == 0)
        return (struct noises){0};
    struct collection all = {.at = arena_alloc(arena, room * sizeof(double))};
    const size_t most = (size_t)cells->count + 1;
    struct noises rows = {.at = arena_alloc(arena, most * sizeof *rows.at)};
    struct noises noises = {.at = arena_alloc(arena, 2 * most * sizeof *noises.at), .count = 1};
    struct noise *total = &noises.at[0];
    *total = (struct noise){.workload = "", .allocator = "", .side = ""};
    for (int i = 0; i < cells->count; i++) {
        struct noise *noise = &noises.at[noises.count];
        if (!is_first_of_workload(cells, i))
            continue;
        add_workload(arena, cells, samples, cells->at[i].workload, &all, &rows, noise);
        if (noise->samples > 0)
            noises.count++;
        total->samples += noise->samples;
    }
    conclude(all.at, all.count, total);
    memcpy(noises.at + noises.count, rows.at, (size_t)rows.count * sizeof *rows.at);
    noises.count += rows.count;
    return noises;
}

static double reading(const struct facts *readings, const char *key)
{
    const char *text = facts_get(readings, key);
    return text != NULL ? strtod(text, NULL) : 0;
}

/* Of several workloads that with the widest spread, else NULL. */
static const struct noise *find_worst(const struct noises *noises)
{
    const struct noise *worst = NULL;
    int workloads = 0;
    for (int i = 1; i < noises->count && *noises->at[i].allocator == '\0'; i++, workloads++)
        if (worst == NULL || noises->at[i].spread > worst->spread)
            worst = &noises->at[i];
    return workloads > 1 ? worst : NULL;
}

static void print_warnings(const struct noises *noises, const struct facts *readings, FILE *file)
{
    const double steal = reading(readings, "steal.percent");
    const double foreign = reading(readings, "foreign.percent");
    if (noises->count > 0 && noises->at[0].spread > NOISE_SPREAD_MAX)
        fputs("warning: noisy: hakbench doctor says what disturbs\n", file);
    if (steal > NOISE_STEAL_MAX)
        fprintf(file, "warning: %.1f %% stolen by the hypervisor: measure later\n", steal);
    if (foreign > NOISE_FOREIGN_MAX)
        fprintf(file, "warning: %.1f %% taken by other processes: stop them\n", foreign);
}

void noise_print(const struct noises *noises, const struct facts *readings, FILE *file)
{
    const char *start = facts_get(readings, "load.start"), *end = facts_get(readings, "load.end");
    const struct noise *worst = find_worst(noises);
    if (noises->count == 0) {
        fputs("noise: not known from single samples\n", file);
    } else {
        fprintf(file, "noise: a sample spreads by %.1f %%", 100 * noises->at[0].spread);
        if (worst != NULL)
            fprintf(file, ", most on %s: %.1f %%", worst->workload, 100 * worst->spread);
        fprintf(file, "\n       of two of a kind 95 %% are within %.1f %%\n",
                100 * noises->at[0].p95);
    }
    fprintf(file, "       steal %.1f %%, other processes %.1f %%, load %s to %s\n",
            reading(readings, "steal.percent"), reading(readings, "foreign.percent"),
            start != NULL ? start : "?", end != NULL ? end : "?");
    print_warnings(noises, readings, file);
}

json_t *noise_json(const struct noises *noises, const struct facts *readings)
{
    json_t *workloads = json_array();
    for (int i = 1; i < noises->count && *noises->at[i].allocator == '\0'; i++)
        json_array_append_new(workloads,
                              json_pack("{s:s, s:f, s:f, s:i}", "workload", noises->at[i].workload,
                                        "spread", noises->at[i].spread, "p95", noises->at[i].p95,
                                        "samples", noises->at[i].samples));
    json_t *object = json_pack("{s:o, s:f, s:f}", "workloads", workloads, "steal_percent",
                               reading(readings, "steal.percent"), "foreign_percent",
                               reading(readings, "foreign.percent"));
    json_object_set_new(object, "spread",
                        noises->count > 0 ? json_real(noises->at[0].spread) : json_null());
    json_object_set_new(object, "p95",
                        noises->count > 0 ? json_real(noises->at[0].p95) : json_null());
    return object;
}
