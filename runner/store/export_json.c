#include "runner/stats/stats.h"
#include "runner/store/gbench.h"

#include <stdlib.h>
#include <string.h>

/* A number that the session may not know. */
static long long fact_number(const struct export_session *session, const char *key)
{
    const char *value = facts_get(&session->facts, key);
    return value != NULL ? atoll(value) : 0;
}

static const char *fact_text(const struct export_session *session, const char *key)
{
    const char *value = facts_get(&session->facts, key);
    return value != NULL ? value : "unknown";
}

static json_t *gbench_context(struct arena *arena, const struct export_session *session)
{
    const char *governor = fact_text(session, "cpu.governor");
    const char *load = facts_get(&session->facts, "load.start");
    json_t *context =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:b, s:[], s:[], s:s}", "date", session->started_utc,
                  "host_name", fact_text(session, "host.name"), "executable", "hakbench",
                  "num_cpus", (json_int_t)fact_number(session, "cpu.cores"), "mhz_per_cpu",
                  (json_int_t)fact_number(session, "cpu.mhz"), "cpu_scaling_enabled",
                  strcmp(governor, "unknown") != 0 && strcmp(governor, "performance") != 0,
                  "caches", "load_avg", "library_build_type", "release");
    if (load != NULL)
        json_array_append_new(json_object_get(context, "load_avg"), json_real(strtod(load, NULL)));
    /* What Google Benchmark writes of --benchmark_context: texts. */
    json_object_set_new(context, "hakbench_session",
                        json_string(arena_printf(arena, "%lld", (long long)session->id)));
    json_object_set_new(context, "hakbench_kind",
                        json_string(session->mode != NULL
                                        ? arena_printf(arena, "%s %s", session->kind, session->mode)
                                        : session->kind));
    if (session->commit_id != NULL)
        json_object_set_new(context, "commit", json_string(session->commit_id));
    return context;
}

/* What every entry of a series begins with; `index` RECORD_NONE: not of a single run. */
static json_t *gbench_entry(const struct export_series *series, int family, const char *name,
                            const char *type, int index)
{
    json_t *entry = json_pack("{s:s, s:i, s:i, s:s, s:s, s:i}", "name", name, "family_index",
                              family, "per_family_instance_index", 0, "run_name", series->name,
                              "run_type", type, "repetitions", series->count);
    if (index != RECORD_NONE)
        json_object_set_new(entry, "repetition_index", json_integer(index));
    json_object_set_new(entry, "threads", json_integer(series->threads));
    return entry;
}

static void add_known(json_t *entry, const char *key, double value)
{
    if (value >= 0)
        json_object_set_new(entry, key, json_real(value));
}

static double cpu_ns_per_operation(const struct export_point *point)
{
    return point->cpu_ns / (double)point->operations;
}

/* Counters are what Google Benchmark calls other numbers of a run. */
static json_t *gbench_run(const struct export_series *series, int family, int index)
{
    const struct export_point *point = &series->points[index];
    json_t *entry = gbench_entry(series, family, series->name, "iteration", index);
    const double real = export_ns_per_operation(point);
    json_object_set_new(entry, "iterations", json_integer(point->operations));
    json_object_set_new(entry, "real_time", json_real(real));
    json_object_set_new(entry, "cpu_time",
                        json_real(point->cpu_ns >= 0 ? cpu_ns_per_operation(point) : real));
    json_object_set_new(entry, "time_unit", json_string("ns"));
    add_known(entry, "items_per_second", export_operations_per_s(point));
    add_known(entry, "soft_faults", (double)point->faults);
    add_known(entry, "peak_rss_bytes", (double)point->peak_rss);
    return entry;
}

static json_t *gbench_error(struct arena *arena, const struct export_series *series, int family,
                            int index)
{
    const struct export_point *point = &series->points[index];
    json_t *entry =
        gbench_entry(series, family, arena_printf(arena, "%s_" GBENCH_ERROR_NAME, series->name),
                     "aggregate", index);
    json_object_set_new(entry, "aggregate_name", json_string(GBENCH_ERROR_NAME));
    json_object_set_new(entry, "error_occurred", json_true());
    json_object_set_new(entry, "error_message",
                        json_string(arena_printf(arena, "%s: %s", sample_status_name(point->status),
                                                 point->reason != NULL ? point->reason : "?")));
    return entry;
}

/* As Google Benchmark adds them below two runs or more. */
static void add_aggregates(struct arena *arena, const struct export_series *series, int family,
                           json_t *entries)
{
    const struct export_statistics real =
        export_statistics_of(arena, series, export_ns_per_operation);
    const bool knows_cpu = series->points[0].cpu_ns >= 0;
    const struct export_statistics cpu =
        knows_cpu ? export_statistics_of(arena, series, cpu_ns_per_operation) : real;
    const struct {
        const char *name, *unit;
        double real, cpu;
    } aggregates[] = {
        {"mean", "time", real.mean, cpu.mean},
        {"median", "time", real.median, cpu.median},
        {"stddev", "time", real.stddev, cpu.stddev},
        {"cv", "percentage", real.stddev / real.mean, cpu.mean > 0 ? cpu.stddev / cpu.mean : 0},
    };
    for (size_t i = 0; real.count > 1 && i < sizeof aggregates / sizeof *aggregates; i++) {
        const char *name = arena_printf(arena, "%s_%s", series->name, aggregates[i].name);
        json_t *entry = gbench_entry(series, family, name, "aggregate", RECORD_NONE);
        json_object_set_new(entry, "aggregate_name", json_string(aggregates[i].name));
        json_object_set_new(entry, "aggregate_unit", json_string(aggregates[i].unit));
        json_object_set_new(entry, "iterations", json_integer(real.count));
        json_object_set_new(entry, "real_time", json_real(aggregates[i].real));
        json_object_set_new(entry, "cpu_time", json_real(aggregates[i].cpu));
        json_object_set_new(entry, "time_unit", json_string("ns"));
        json_array_append_new(entries, entry);
    }
}

json_t *export_gbench(struct arena *arena, const struct export_session *session)
{
    if (session->document != NULL) {
        struct problem ignored = {0};
        return gbench_read(arena, session->document, "the session", &ignored);
    }
    json_t *entries = json_array();
    for (int family = 0; family < session->count; family++) {
        const struct export_series *series = &session->series[family];
        for (int i = 0; i < series->count; i++)
            json_array_append_new(entries, series->points[i].status == SAMPLE_OK
                                               ? gbench_run(series, family, i)
                                               : gbench_error(arena, series, family, i));
        if (series->count > 1)
            add_aggregates(arena, series, family, entries);
    }
    return json_pack("{s:o, s:o}", "context", gbench_context(arena, session), "benchmarks",
                     entries);
}

static double elapsed_s(const struct export_point *point)
{
    return point->elapsed_ns / 1e9;
}

static double user_s(const struct export_point *point)
{
    return point->user_ns >= 0 ? point->user_ns / 1e9 : 0;
}

static double system_s(const struct export_point *point)
{
    return point->system_ns >= 0 ? point->system_ns / 1e9 : 0;
}

static json_t *hyperfine_result(struct arena *arena, const struct export_series *series)
{
    const struct export_statistics time = export_statistics_of(arena, series, elapsed_s);
    json_t *times = json_array(), *codes = json_array();
    for (int i = 0; i < series->count; i++) {
        if (series->points[i].status != SAMPLE_OK)
            continue;
        json_array_append_new(times, json_real(elapsed_s(&series->points[i])));
        json_array_append_new(codes, json_integer(0));
    }
    json_t *result = json_object();
    json_object_set_new(result, "command", json_string(series->name));
    json_object_set_new(result, "mean", json_real(time.mean));
    json_object_set_new(result, "stddev", time.count > 1 ? json_real(time.stddev) : json_null());
    json_object_set_new(result, "median", json_real(time.median));
    json_object_set_new(result, "user",
                        json_real(export_statistics_of(arena, series, user_s).mean));
    json_object_set_new(result, "system",
                        json_real(export_statistics_of(arena, series, system_s).mean));
    json_object_set_new(result, "min", json_real(time.low));
    json_object_set_new(result, "max", json_real(time.high));
    json_object_set_new(result, "times", times);
    json_object_set_new(result, "exit_codes", codes);
    json_object_set_new(
        result, "parameters",
        json_pack("{s:s, s:s}", "allocator", series->allocator, "workload", series->workload));
    return result;
}

json_t *export_hyperfine(struct arena *arena, const struct export_session *session)
{
    json_t *results = json_array();
    for (int i = 0; i < session->count; i++)
        if (export_count(&session->series[i], true) > 0)
            json_array_append_new(results, hyperfine_result(arena, &session->series[i]));
    return json_pack("{s:o}", "results", results);
}

/* The range is that of the table of `hakbench run`: half of the interval of the median. */
static json_t *bigger_entry(struct arena *arena, const struct export_series *series)
{
    double *rates = arena_alloc(arena, (size_t)series->count * sizeof *rates), seconds = 0;
    int64_t operations = 0;
    size_t count = 0;
    for (int i = 0; i < series->count; i++) {
        const struct export_point *point = &series->points[i];
        if (point->status != SAMPLE_OK)
            continue;
        rates[count++] = export_operations_per_s(point);
        seconds += elapsed_s(point);
        operations += point->operations;
    }
    const struct interval rate = stats_median_interval(rates, count, 0.95);
    json_t *entry = json_pack("{s:s, s:s, s:f}", "name", series->name, "unit",
                              arena_printf(arena, "%s/s", series->unit), "value", rate.estimate);
    if (count > 1)
        json_object_set_new(entry, "range",
                            json_string(arena_printf(arena, "± %.6g", (rate.high - rate.low) / 2)));
    json_object_set_new(entry, "extra",
                        json_string(arena_printf(arena,
                                                 "samples: %zu of %d\noperations: %lld\n"
                                                 "seconds: %.9f\n%s",
                                                 count, series->count, (long long)operations,
                                                 seconds, series->command)));
    return entry;
}

json_t *export_bigger(struct arena *arena, const struct export_session *session)
{
    json_t *entries = json_array();
    for (int i = 0; i < session->count; i++)
        if (export_count(&session->series[i], true) > 0)
            json_array_append_new(entries, bigger_entry(arena, &session->series[i]));
    return entries;
}
