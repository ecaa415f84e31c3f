#include "runner/command/commands.h"
#include "runner/job/whole.h"
#include "runner/table/micro_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 80 benchmarks of some 600 bytes, with room for as many again, and more. */
enum { ANSWER_MAX = 1 << 20, LIST_SECONDS = 60 };
static const char min_time_default[] = "0.05";
static const double min_time_max = 100;

static int check_min_time(const char *text, struct problem *problem)
{
    char *end;
    const double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(seconds) || seconds <= 0 || seconds > min_time_max)
        return problem_set(problem, "--min-time %s: give seconds, above 0, at most %g", text,
                           min_time_max);
    return 0;
}

/* A filter that matches nothing is told before anything is measured. */
static int check_filter(struct arena *arena, const char *program, const char *filter,
                        struct problem *problem)
{
    const char *const argv[] = {program, arena_printf(arena, "--benchmark_filter=%s", filter),
                                "--benchmark_list_tests=true", NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const struct child_request request = {
        .argv = argv, .environment = environment, .timeout_s = LIST_SECONDS};
    struct child_result result;
    if (child_run(arena, &request, &result, problem) != 0)
        return -1;
    if (result.end == CHILD_EXITED && result.exit_code == 0)
        return 0;
    return problem_set(problem, "--filter %s: %s: %s --benchmark_list_tests tells the names",
                       filter, text_last_line(arena, result.errors, 200), program);
}

static int choose(struct bench *bench, struct campaign *campaign, const char **program,
                  struct strings *arguments, struct problem *problem)
{
    const struct options *options = &bench->options;
    struct arena *arena = bench->arena;
    const char *min_time = options->min_time != NULL ? options->min_time : min_time_default;
    if (options->positional.count > 0 || options->has_rest)
        return problem_set(problem, "takes no arguments but options: see --help");
    *program = arena_printf(arena, "%s/build/micro", bench->root);
    if (access(*program, X_OK) != 0)
        return problem_set(problem, "%s is not built: run make", *program);
    if (check_min_time(min_time, problem) != 0 ||
        (options->filter != NULL && check_filter(arena, *program, options->filter, problem) != 0))
        return -1;
    strings_add(arena, arguments, "--benchmark_format=json");
    strings_add(arena, arguments, arena_printf(arena, "--benchmark_min_time=%s", min_time));
    if (options->filter != NULL)
        strings_add(arena, arguments,
                    arena_printf(arena, "--benchmark_filter=%s", options->filter));
    strings_add(arena, arguments, "--announce"); /* Who crashes was announced last. */
    campaign->measure.answer_max = ANSWER_MAX;
    return 0;
}

/* Whatever is not a number in the table, or only in part. */
static void print_trouble(const struct summary *summary)
{
    for (int i = 0; i < summary->count; i++) {
        const struct line *line = &summary->lines[i];
        const char *name = line->cell->allocator.name, *missing = line->cell->allocator.missing;
        if (missing != NULL)
            printf("%s: missing (%s)\n", name, missing);
        else if (line->reason != NULL)
            printf("%s: %d of %d ok; %s: %s\n", name, line->counts[SAMPLE_OK], line->samples,
                   sample_status_name(line->troubled), line->reason);
    }
}

static int tell(const struct bench *bench, const struct campaign *campaign,
                const struct summary *summary, json_t *object, struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct micro_results results;
    if (store_load_micro(campaign->store, arena, &campaign->session, &campaign->cells, &results,
                         problem) != 0)
        return -1;
    const struct micro_table table = micro_table_make(arena, &campaign->cells, &results);
    if (object != NULL) {
        json_object_set_new(object, "benchmarks", micro_table_json(&table));
        return 0;
    }
    micro_table_print(arena, &table);
    print_trouble(summary);
    return 0;
}

static const struct whole_design design = {
    .help =
        "usage: hakbench micro [options]\n"
        "\n"
        "Runs build/micro, micro-benchmarks of malloc by Google Benchmark, under hakmem and all\n"
        "peers: pairs of malloc and free by size, batches freed in three orders, calloc, realloc,\n"
        "aligned_alloc, blocks handed from thread to thread; each with one and with two threads.\n"
        "A repeat is a fresh process per allocator, in random order: about 6 s with the usual\n"
        "--min-time 0.05. Shows nanoseconds per operation, the medians of --repeats (5) runs.\n",
    .mode = "micro",
    .workload = "micro",
    .options = OPTION_ALLOCATORS | OPTION_FILTER | OPTION_MIN_TIME | OPTION_REPEATS | OPTION_SEED |
               OPTION_RESULTS | OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX,
    .choose = choose,
    .tell = tell,
};

int command_micro(int argc, char *const *argv)
{
    return whole_command(&design, argc, argv);
}
