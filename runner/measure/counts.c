#define _GNU_SOURCE
#include "runner/measure/counts.h"

#include "runner/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 4, ANSWER_BYTES = 64 * 1024 };

static const double share_min = 0.005, spreads = 2;

static const struct {
    const char *name;
    double least; /* no smaller change counts */
} metrics[COUNT_METRICS] = {
    [COUNT_INSTRUCTIONS] = {"instructions", 0},
    [COUNT_FAULTS_START] = {"faults_start", PAGES},
    [COUNT_FAULTS] = {"faults", PAGES},
    [COUNT_SYSCALLS] = {"syscalls", PAGES},
    [COUNT_MAPPED] = {"bytes_mapped", PAGES *PAGE},
};

const char *count_metric_name(enum count_metric metric)
{
    return metrics[metric].name;
}

const char *count_verdict_name(enum count_verdict verdict)
{
    static const char *const names[] = {"same", "more", "less"};
    return names[verdict];
}

static const char valgrind[] = "/usr/bin/valgrind", strace[] = "/usr/bin/strace";

int counts_check_tools(struct arena *arena, struct problem *problem)
{
    const struct {
        const char *path, *package;
    } tools[] = {{valgrind, "valgrind"}, {strace, "strace"}};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++)
        if (access(tools[i].path, X_OK) != 0)
            return problem_set(problem, "%s is missing: apt-get install %s", tools[i].path,
                               tools[i].package);
    const char *const argv[] = {strace, "-qq", "-o", "/dev/null", "/bin/true", NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const struct child_request request = {
        .argv = argv, .environment = environment, .timeout_s = 20, .output = CHILD_CAPTURE};
    struct child_result result;
    if (child_run(arena, &request, &result, problem) != 0)
        return -1;
    if (result.end != CHILD_EXITED || result.exit_code != 0)
        return problem_set(problem, "strace may not trace here: %s: allow ptrace",
                           text_last_line(arena, result.errors, 200));
    return 0;
}

/* Reads the pieces of `mmap(addr, size, PROT_...` behind the bracket: where the n-th argument
 * starts. */
static const char *argument(const char *arguments, int n)
{
    for (; n > 0 && arguments != NULL; n--) {
        arguments = strchr(arguments, ',');
        arguments = arguments != NULL ? arguments + 1 : NULL;
    }
    return arguments;
}

static int64_t made_writable(const char *name, const char *arguments, const char *end)
{
    const char *size = argument(arguments, 1), *third = argument(arguments, 2);
    if (size == NULL || third == NULL || third >= end)
        return 0;
    if (strncmp(name, "mremap(", 7) == 0) {
        const int64_t grown = strtoll(third, NULL, 10) - strtoll(size, NULL, 10);
        return grown > 0 ? grown : 0;
    }
    if (strncmp(name, "mmap(", 5) != 0 && strncmp(name, "mprotect(", 9) != 0)
        return 0;
    const char *writable = strstr(third, "PROT_WRITE");
    const char *next = strpbrk(third, ",)");
    return writable != NULL && next != NULL && writable < next ? strtoll(size, NULL, 10) : 0;
}

void counts_read_calls(const char *log, int64_t *calls, int64_t *mapped)
{
    *calls = *mapped = 0;
    for (const char *line = log; *line != '\0';) {
        const char *end = line + strcspn(line, "\n");
        const char *name = line + strspn(line, "0123456789 ");
        const char *bracket = memchr(name, '(', (size_t)(end - name));
        /* "<... futex resumed>" is the end of a call that was counted; "+++" and "---" are none. */
        if (bracket != NULL && *name >= 'a' && *name <= 'z') {
            ++*calls;
            *mapped += made_writable(name, bracket + 1, end);
        }
        line = *end == '\n' ? end + 1 : end;
    }
}

/* The cell's program behind another one, which gets the preload for it. */
static enum measure_outcome run_under(struct arena *arena, const struct cell *cell,
                                      const struct measure_settings *settings,
                                      const char *const *tool, bool passes_environment,
                                      struct child_result *result, struct problem *problem)
{
    struct strings argv = {0}, environment = {0};
    const struct strings own = measure_environment(arena, &cell->allocator, settings, NULL);
    for (; *tool != NULL; tool++)
        strings_add(arena, &argv, *tool);
    for (int i = 0; i < own.count; i++)
        if (passes_environment && strncmp(own.at[i], "LD_PRELOAD=", 11) == 0) {
            strings_add(arena, &argv, "-E");
            strings_add(arena, &argv, own.at[i]);
        } else {
            strings_add(arena, &environment, own.at[i]);
        }
    strings_add(arena, &argv, cell->program);
    for (int i = 0; i < cell->arguments.count; i++)
        strings_add(arena, &argv, cell->arguments.at[i]);
    const struct child_request request = {.argv = argv.at,
                                          .environment = environment.at,
                                          .cores = &settings->cores->many,
                                          .timeout_s = settings->timeout_s,
                                          .output = CHILD_CAPTURE,
                                          .output_max = ANSWER_BYTES};
    if (child_run(arena, &request, result, problem) != 0)
        return MEASURE_IMPOSSIBLE;
    if (result->end == CHILD_INTERRUPTED)
        return MEASURE_INTERRUPTED;
    json_t *answer = json_read_object(result->output);
    const struct proof proof = proof_read(arena, json_object_get(answer, "identity"));
    const char *mismatch = proof_check(arena, &proof, &cell->allocator);
    json_decref(answer);
    if (result->end != CHILD_EXITED || result->exit_code != 0 || mismatch != NULL) {
        problem_set(problem, "%s under %s: %s", cell->workload, argv.at[0],
                    mismatch != NULL && result->exit_code == 0
                        ? mismatch
                        : text_last_line(arena, result->errors, 200));
        return MEASURE_IMPOSSIBLE;
    }
    return MEASURE_DONE;
}

static enum measure_outcome add_instructions(struct arena *arena, const struct cell *cell,
                                             const struct measure_settings *settings,
                                             int64_t *value, struct problem *problem)
{
    static const char *const tool[] = {valgrind, "--tool=callgrind",
                                       "--callgrind-out-file=/dev/null", NULL};
    static const char mark[] = "Collected : ";
    struct child_result result;
    const enum measure_outcome outcome =
        run_under(arena, cell, settings, tool, false, &result, problem);
    if (outcome != MEASURE_DONE)
        return outcome;
    const char *found = strstr(result.errors, mark);
    if (found == NULL) {
        problem_set(problem, "callgrind told no count for %s", cell->workload);
        return MEASURE_IMPOSSIBLE;
    }
    *value = strtoll(found + sizeof mark - 1, NULL, 10);
    return MEASURE_DONE;
}

static enum measure_outcome add_calls(struct arena *arena, const struct cell *cell,
                                      const struct measure_settings *settings, const char *folder,
                                      int64_t *calls, int64_t *mapped, struct problem *problem)
{
    const char *log = arena_printf(arena, "%s/calls", folder);
    const char *const tool[] = {strace, "-f", "-qq", "-o", log, NULL};
    struct child_result result;
    const enum measure_outcome outcome =
        run_under(arena, cell, settings, tool, true, &result, problem);
    if (outcome != MEASURE_DONE)
        return outcome;
    const char *text = text_read_file(arena, log);
    if (text == NULL) {
        problem_set(problem, "cannot read %s: %s", log, strerror(errno));
        return MEASURE_IMPOSSIBLE;
    }
    counts_read_calls(text, calls, mapped);
    return MEASURE_DONE;
}

enum measure_outcome counts_add(struct arena *arena, const struct cell *cell,
                                const struct measure_settings *settings, const char *folder,
                                struct counts *counts, struct sample *sample,
                                struct problem *problem)
{
    const int run = counts->runs;
    enum measure_outcome outcome = measure_sample(arena, cell, settings, sample, problem);
    if (outcome != MEASURE_DONE || sample->status != SAMPLE_OK)
        return outcome;
    counts->values[COUNT_FAULTS_START][run] = sample->minflt_start;
    counts->values[COUNT_FAULTS][run] = sample->minflt_phase;
    outcome =
        add_instructions(arena, cell, settings, &counts->values[COUNT_INSTRUCTIONS][run], problem);
    if (outcome == MEASURE_DONE)
        outcome = add_calls(arena, cell, settings, folder, &counts->values[COUNT_SYSCALLS][run],
                            &counts->values[COUNT_MAPPED][run], problem);
    counts->runs += outcome == MEASURE_DONE;
    return outcome;
}

static void sorted_copy(const struct counts *counts, enum count_metric metric, double *out)
{
    for (int i = 0; i < counts->runs; i++)
        out[i] = (double)counts->values[metric][i];
    stats_sort(out, (size_t)counts->runs);
}

struct count_result counts_judge(const struct counts *base, const struct counts *head,
                                 enum count_metric metric, double known_spread)
{
    double a[COUNT_RUNS_MAX], b[COUNT_RUNS_MAX];
    sorted_copy(base, metric, a);
    sorted_copy(head, metric, b);
    struct count_result result = {.base = stats_median(a, (size_t)base->runs),
                                  .head = stats_median(b, (size_t)head->runs)};
    result.spread = fmax(fmax(a[base->runs - 1] - a[0], b[head->runs - 1] - b[0]), known_spread);
    result.bound =
        fmax(fmax(share_min * result.base, metrics[metric].least), spreads * result.spread);
    if (result.head - result.base > result.bound)
        result.verdict = COUNT_MORE;
    else if (result.base - result.head > result.bound)
        result.verdict = COUNT_LESS;
    return result;
}
