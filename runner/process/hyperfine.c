#include "runner/process/hyperfine.h"

#include "runner/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

const char *hyperfine_command(struct arena *arena, const struct hyperfine_call *call)
{
    int count = 0;
    while (call->argv[count] != NULL)
        count++;
    return text_quote(arena, count, (char *const *)(uintptr_t)call->argv);
}

enum hyperfine_end hyperfine_run(struct arena *arena, const struct hyperfine_call *call,
                                 struct problem *problem)
{
    const char *command = hyperfine_command(arena, call);
    const char *runs = arena_printf(arena, "%d", call->runs);
    /* No shell between: its start would be timed, too, and corrected for by a guess. */
    const char *const argv[] = {call->hyperfine, "-N",       "--style", "none",
                                "--warmup",      "0",        "--runs",  runs,
                                "--export-json", call->file, command,   NULL};
    const struct child_request request = {.argv = argv,
                                          .environment = call->environment,
                                          .cores = call->cores,
                                          .timeout_s = call->timeout_s,
                                          .output = CHILD_CAPTURE};
    struct child_result result;
    unlink(call->file);
    if (child_run(arena, &request, &result, problem) != 0)
        return HYPERFINE_FAILED;
    if (result.end == CHILD_INTERRUPTED)
        return HYPERFINE_INTERRUPTED;
    if (result.end == CHILD_EXITED && result.exit_code == 0)
        return HYPERFINE_DONE;
    if (result.end == CHILD_EXITED)
        problem_set(problem, "hyperfine: %s", text_last_line(arena, result.errors, 200));
    else if (result.end == CHILD_TIMED_OUT)
        problem_set(problem, "hyperfine: no end within %g s: killed (--timeout)", call->timeout_s);
    else
        problem_set(problem, "hyperfine was ended by signal %d", result.signal);
    return HYPERFINE_FAILED;
}

/* The times of the sum and those of the round, one after the other. */
static void append_times(json_t *to, const json_t *from)
{
    static const char *const arrays[] = {"times", "exit_codes"};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        json_array_extend(json_object_get(to, arrays[i]), json_object_get(from, arrays[i]));
}

static double seconds_of(const json_t *result, const char *key)
{
    return json_number_value(json_object_get(result, key));
}

/* Puts the numbers of all times in place of those of the first round. */
static void conclude(struct arena *arena, struct hyperfine_sum *sum)
{
    const json_t *times = json_object_get(sum->result, "times");
    const size_t count = json_array_size(times);
    double *values = arena_alloc(arena, count * sizeof *values), total = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        values[i] = json_number_value(json_array_get(times, i));
        total += values[i];
    }
    const double mean = total / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    stats_sort(values, count);
    const double stddev = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    const struct {
        const char *key;
        double seconds;
        double *ns;
    } numbers[] = {
        {"mean", mean, &sum->mean_ns},
        {"stddev", stddev, &sum->stddev_ns},
        {"median", stats_median(values, count), &sum->median_ns},
        {"user", sum->user_ns / 1e9, &sum->user_ns},
        {"system", sum->system_ns / 1e9, &sum->system_ns},
        {"min", values[0], &sum->min_ns},
        {"max", values[count - 1], &sum->max_ns},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        *numbers[i].ns = numbers[i].seconds * 1e9;
        json_object_set_new(sum->result, numbers[i].key, json_real(numbers[i].seconds));
    }
    if (count == 1)
        json_object_set_new(sum->result, "stddev", json_null());
    sum->runs = (int)count;
}

int hyperfine_add(struct arena *arena, const char *file, struct hyperfine_sum *sum,
                  struct problem *problem)
{
    errno = 0;
    const char *text = text_read_file(arena, file);
    if (text == NULL)
        return problem_set(problem, "cannot read %s: %s", file, strerror(errno));
    json_t *document = json_read_object(text);
    json_t *result = json_array_get(json_object_get(document, "results"), 0);
    const size_t runs = json_array_size(json_object_get(result, "times"));
    if (runs == 0) {
        json_decref(document);
        return problem_set(problem, "%s holds no times: hyperfine 1.13 or newer is needed", file);
    }
    const double before = sum->runs, all = before + (double)runs;
    sum->user_ns = (sum->user_ns * before + seconds_of(result, "user") * 1e9 * (double)runs) / all;
    sum->system_ns =
        (sum->system_ns * before + seconds_of(result, "system") * 1e9 * (double)runs) / all;
    if (sum->result == NULL)
        sum->result = json_incref(result);
    else
        append_times(sum->result, result);
    json_decref(document);
    sum->rounds++;
    conclude(arena, sum);
    return 0;
}
