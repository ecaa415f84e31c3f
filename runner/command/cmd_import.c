#include "runner/command/commands.h"
#include "runner/measure/task.h"
#include "runner/store/gbench.h"
#include "runner/subject/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned accepted = OPTION_RESULTS;

static const char help[] =
    "usage: hakbench import FILE [options]\n"
    "\n"
    "Stores the JSON that a benchmark wrote with --benchmark_out (Google Benchmark), or that\n"
    "hakbench export wrote, as a session. hakbench export gives it back, in every format.\n";

static void count_points(const struct export_session *read, int *ok, int *failed,
                         struct sample *sample)
{
    double elapsed_ns = 0;
    sample->ops = 0;
    for (int i = 0; i < read->count; i++) {
        const struct export_series *series = &read->series[i];
        for (int j = 0; j < series->count; j++) {
            const bool is_ok = series->points[j].status == SAMPLE_OK;
            *ok += is_ok;
            *failed += !is_ok;
            sample->ops += is_ok ? series->points[j].operations : 0;
            elapsed_ns += is_ok ? series->points[j].elapsed_ns : 0;
        }
    }
    sample->wall_ns = (int64_t)elapsed_ns;
}

/* What the file tells of its machine; of ours nothing has a say in it. */
static void add_facts(struct arena *arena, const json_t *document, const char *path,
                      struct facts *facts)
{
    const json_t *context = json_object_get(document, "context");
    const int64_t cores = json_number(context, "num_cpus");
    const int64_t mhz = json_number(context, "mhz_per_cpu");
    char *real = realpath(path, NULL);
    facts_add(arena, facts, "import.file", arena_copy(arena, real != NULL ? real : path));
    free(real);
    facts_add(arena, facts, "import.date", json_text(arena, context, "date"));
    facts_add(arena, facts, "host.name", json_text(arena, context, "host_name"));
    facts_add(arena, facts, "cpu.cores",
              cores > 0 ? arena_printf(arena, "%lld", (long long)cores) : NULL);
    facts_add(arena, facts, "cpu.mhz",
              mhz > 0 ? arena_printf(arena, "%lld", (long long)mhz) : NULL);
}

/* The document in one sample of one cell, as the view of micro-benchmarks has it, too. */
static int store_document(const struct bench *bench, struct store *store, const json_t *document,
                          const char *path, struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct export_session read = {0};
    struct facts facts = {0}, none = {0};
    int ok = 0, failed = 0;
    gbench_series(arena, document, &read);
    char *text = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text == NULL)
        return problem_set(problem, "%s cannot be held: out of memory", path);
    struct cell cell = {.allocator = {.name = "imported"},
                        .workload = "import",
                        .side = "",
                        .program = read.count > 0 ? read.series[0].command : "imported"};
    struct cells cells = {.at = &cell, .count = 1};
    struct place place = {0};
    const struct plan plan = {.at = &place, .count = 1};
    struct session session = {.kind = "exec",
                              .mode = "import",
                              .started_utc = host_now(arena),
                              .command = bench->command,
                              .dirty = -1};
    struct sample sample = {.status = SAMPLE_OK,
                            .started_utc = session.started_utc,
                            .elapsed_ns = RECORD_NONE,
                            .minflt_start = RECORD_NONE,
                            .minflt_phase = RECORD_NONE,
                            .rss_end = RECORD_NONE,
                            .corruptions = RECORD_NONE,
                            .audit_errors = RECORD_NONE,
                            .output = text};
    count_points(&read, &ok, &failed, &sample);
    add_facts(arena, document, path, &facts);
    const int status = store_add_session(store, &session, &facts, &cells, &plan, problem) == 0 &&
                               store_add_sample(store, &session, &cells, &sample, problem) == 0 &&
                               store_end_session(store, &session, &none, problem) == 0
                           ? 0
                           : -1;
    free(text);
    if (status != 0)
        return -1;
    if (bench->options.json)
        json_print(json_pack("{s:s, s:I, s:s, s:i, s:i, s:i, s:i}", "command", "import", "session",
                             (json_int_t)session.id, "database", store_path(store), "benchmarks",
                             read.count, "ok", ok, "not_ok", failed, "exit_code", 0));
    else
        printf("session %lld: %d benchmarks, %d runs that are ok, %d that are not\n%s\n",
               (long long)session.id, read.count, ok, failed, store_path(store));
    return 0;
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    const struct strings *files = &bench->options.positional;
    if (files->count != 1 || bench->options.has_rest)
        return problem_set(problem, "give one file: hakbench import FILE");
    const char *path = files->at[0];
    errno = 0;
    const char *text = text_read_file(bench->arena, path);
    if (text == NULL)
        return problem_set(problem, "cannot read %s: %s: name a file", path, strerror(errno));
    json_t *document = gbench_read(bench->arena, text, path, problem);
    if (document == NULL)
        return -1;
    int status = store_open(bench->arena, bench_results_folder(bench), bench_schema(bench),
                            &campaign->store, problem);
    if (status == 0)
        status = store_document(bench, campaign->store, document, path, problem);
    json_decref(document);
    return status;
}

int command_import(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .takes_words = true, .run = run};
    return task_command(&task, argc, argv);
}
