#include "runner/store/gbench.h"

#include <math.h>
#include <string.h>

/* The length of a number that JSON lacks at `at`, or 0. */
static size_t bare_length(const char *at)
{
    static const char *const words[] = {"-NaN", "NaN",      "-nan", "nan",  "-Infinity",
                                        "-inf", "Infinity", "inf",  "-Inf", "Inf"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return strlen(words[i]);
    return 0;
}

/* Outside of strings, which keep their quotes and escapes. */
static const char *without_bare_words(struct arena *arena, const char *text)
{
    /* "inf" is the shortest, and null longer by one. */
    char *result = arena_alloc(arena, strlen(text) * 4 / 3 + 2), *end = result;
    bool is_string = false;
    while (*text != '\0') {
        const size_t bare = is_string ? 0 : bare_length(text);
        if (bare > 0) {
            memcpy(end, "null", 4);
            end += 4;
            text += bare;
            continue;
        }
        if (*text == '"')
            is_string = !is_string;
        else if (is_string && *text == '\\' && text[1] != '\0')
            *end++ = *text++;
        *end++ = *text++;
    }
    *end = '\0';
    return result;
}

json_t *gbench_read(struct arena *arena, const char *text, const char *what,
                    struct problem *problem)
{
    json_error_t error;
    json_t *document = json_loads(without_bare_words(arena, text), JSON_REJECT_DUPLICATES, &error);
    const json_t *benchmarks = json_object_get(document, "benchmarks");
    size_t i;
    const json_t *entry;
    if (document == NULL) {
        problem_set(problem, "%s:%d: no JSON: %s: give what --benchmark_out wrote", what,
                    error.line, error.text);
        return NULL;
    }
    if (!json_is_array(benchmarks) || json_array_size(benchmarks) == 0) {
        problem_set(problem,
                    "%s holds no \"benchmarks\": give what a benchmark wrote with "
                    "--benchmark_out_format=json",
                    what);
        json_decref(document);
        return NULL;
    }
    json_array_foreach(benchmarks, i, entry)
    {
        if (json_is_string(json_object_get(entry, "name")))
            continue;
        problem_set(problem, "%s: benchmark %zu has no name: it is not of Google Benchmark", what,
                    i);
        json_decref(document);
        return NULL;
    }
    return document;
}

/* 0: not a unit of time. */
static double unit_ns(const json_t *entry)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    const char *name = json_string_value(json_object_get(entry, "time_unit"));
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (name == NULL || strcmp(name, units[i].name) == 0)
            return units[i].ns;
    return 0;
}

static const char *text_of(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text != NULL ? text : "";
}

static bool is_error(const json_t *entry)
{
    return json_is_true(json_object_get(entry, "error_occurred"));
}

static void read_point(struct arena *arena, const json_t *entry, struct export_point *point)
{
    const int64_t iterations = json_number(entry, "iterations");
    const json_t *real = json_object_get(entry, "real_time");
    const json_t *cpu = json_object_get(entry, "cpu_time");
    const double ns = unit_ns(entry);
    if (is_error(entry)) {
        const char *message = text_of(entry, "error_message");
        point->status = SAMPLE_FAILED;
        point->reason =
            *message != '\0' ? arena_copy(arena, message) : "an error without a message";
    } else if (iterations <= 0 || ns <= 0 || !(json_number_value(real) > 0)) {
        point->status = SAMPLE_FAILED;
        point->reason = "it has no iterations, or no time in ns, us, ms or s";
    } else {
        point->operations = iterations;
        point->elapsed_ns = json_number_value(real) * ns * (double)iterations;
        if (json_is_number(cpu))
            point->cpu_ns = json_number_value(cpu) * ns * (double)iterations;
    }
}

static struct export_series *find_series(struct export_session *session, const char *name)
{
    /* Mostly the newest. */
    for (int i = session->count - 1; i >= 0; i--)
        if (strcmp(session->series[i].name, name) == 0)
            return &session->series[i];
    return NULL;
}

void gbench_series(struct arena *arena, const json_t *document, struct export_session *session)
{
    const json_t *benchmarks = json_object_get(document, "benchmarks");
    const size_t most = json_array_size(benchmarks);
    const char *program = text_of(json_object_get(document, "context"), "executable");
    size_t i;
    const json_t *entry;
    session->series = arena_alloc(arena, most * sizeof *session->series);
    json_array_foreach(benchmarks, i, entry)
    {
        if (strcmp(text_of(entry, "run_type"), "aggregate") == 0 && !is_error(entry))
            continue;
        const char *name = text_of(entry, "run_name");
        if (*name == '\0')
            name = text_of(entry, "name");
        struct export_series *series = find_series(session, name);
        if (series == NULL) {
            const int64_t threads = json_number(entry, "threads");
            series = &session->series[session->count++];
            *series = (struct export_series){
                .name = arena_copy(arena, name),
                .workload = arena_copy(arena, name),
                .allocator = "imported",
                .side = "",
                .command = *program != '\0' ? arena_copy(arena, program) : "imported",
                .unit = "ops",
                .threads = threads > 0 ? (int)threads : 1};
        }
        read_point(arena, entry, export_add_point(arena, series));
    }
}
