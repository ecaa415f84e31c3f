#include "runner/command/commands.h"
#include "runner/measure/task.h"
#include "runner/store/export.h"
#include "runner/subject/bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const unsigned accepted = OPTION_FORMAT | OPTION_SESSION | OPTION_OUTPUT | OPTION_RESULTS;

static const char help[] =
    "usage: hakbench export [--format F] [--session N] [-o FILE] [options]\n"
    "\n"
    "Writes a session in a format that other tools read, on stdout or into a file:\n"
    "  gbench            JSON of Google Benchmark: a run for every sample, with aggregates\n"
    "  hyperfine         JSON of hyperfine: a result for every allocator on a workload\n"
    "  csv               a line for every sample, with a header\n"
    "  junit             JUnit XML: a test for every sample, and for every case of misuse\n"
    "  bigger-is-better  JSON of github-action-benchmark: median operations per second\n"
    "Times are those of the measured phase, of whole processes where operations are not\n"
    "counted. What crashed or was void is told as an error where the format has a place for\n"
    "it, and never is a number. With -o, --json tells what was written.\n";

/* Only looks: a folder without results is not made into one. */
static int open_results(const struct bench *bench, struct store **store, struct problem *problem)
{
    const char *folder = bench_results_folder(bench);
    const char *path = arena_printf(bench->arena, "%s/results.sqlite", folder);
    if (access(path, F_OK) != 0)
        return problem_set(problem,
                           "no results in %s: measure first, with hakbench run --mode quick, "
                           "say, or name their folder with --results",
                           folder);
    return store_open(bench->arena, folder, bench_schema(bench), store, problem);
}

static int choose(const struct bench *bench, enum export_format *format, struct problem *problem)
{
    const struct options *options = &bench->options;
    const bool is_file = options->output != NULL && strcmp(options->output, "-") != 0;
    *format = EXPORT_GBENCH;
    if (options->format != NULL && !export_format_from_name(options->format, format))
        return problem_set(problem,
                           "unknown format '%s': choose from gbench, hyperfine, csv, junit, "
                           "bigger-is-better",
                           options->format);
    if (options->json && !is_file && (*format == EXPORT_CSV || *format == EXPORT_JUNIT))
        return problem_set(problem, "%s is no JSON: leave --json out, or name a file with -o",
                           export_format_name(*format));
    return 0;
}

struct tally {
    int ok, failed, left_out; /* points; series that a format has no place for */
};

/* What a format cannot hold is a problem when nothing is left, and told when something is. */
static int check(const struct export_session *session, enum export_format format,
                 struct tally *tally, struct problem *problem)
{
    const bool has_errors =
        format == EXPORT_GBENCH || format == EXPORT_CSV || format == EXPORT_JUNIT;
    const char *mode = session->mode != NULL ? session->mode : session->kind;
    for (int i = 0; i < session->count; i++) {
        const int ok = export_count(&session->series[i], true);
        tally->ok += ok;
        tally->failed += session->series[i].count - ok;
        tally->left_out += ok == 0;
    }
    if (format != EXPORT_JUNIT && tally->ok == 0 && (!has_errors || tally->failed == 0))
        return problem_set(problem,
                           "session %lld (%s) holds no %s: choose another with --session, or "
                           "--format junit",
                           (long long)session->id, mode,
                           tally->failed > 0 ? "sample that is ok" : "times");
    if (!has_errors && tally->left_out > 0)
        fprintf(stderr,
                "note: %d of %d series have no sample that is ok; %s has no place for them\n",
                tally->left_out, session->count, export_format_name(format));
    return 0;
}

static int write_format(struct arena *arena, const struct export_session *session,
                        enum export_format format, FILE *file)
{
    json_t *value = NULL;
    switch (format) {
    case EXPORT_CSV:
        export_csv(session, file);
        return 0;
    case EXPORT_JUNIT:
        export_junit(arena, session, file);
        return 0;
    case EXPORT_HYPERFINE:
        value = export_hyperfine(arena, session);
        break;
    case EXPORT_BIGGER:
        value = export_bigger(arena, session);
        break;
    default:
        value = export_gbench(arena, session);
    }
    /* 17 digits give back every double. */
    const int status = json_dumpf(value, file, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    putc('\n', file);
    json_decref(value);
    return status;
}

/* Beside the file and then in its place, so that what was there before outlives a full disk. */
static int write_file(struct arena *arena, const struct export_session *session,
                      enum export_format format, const char *path, struct problem *problem)
{
    const char *beside = arena_printf(arena, "%s.part", path);
    FILE *file = fopen(beside, "w");
    if (file == NULL)
        return problem_set(problem, "cannot write %s: %s: name another file with -o", path,
                           strerror(errno));
    int status = write_format(arena, session, format, file);
    status = ferror(file) != 0 || status != 0 ? -1 : 0;
    if (fclose(file) != 0 || status != 0 || rename(beside, path) != 0) {
        problem_set(problem, "cannot write %s: %s: free space or name another file with -o", path,
                    strerror(errno));
        unlink(beside);
        return -1;
    }
    return 0;
}

static int export_session(const struct bench *bench, struct store *store, enum export_format format,
                          struct problem *problem)
{
    struct arena *arena = bench->arena;
    const char *path = bench->options.output;
    struct export_session session;
    struct tally tally = {0};
    if (export_load(store, arena, bench->options.session, &session, problem) != 0 ||
        check(&session, format, &tally, problem) != 0)
        return -1;
    if (path == NULL || strcmp(path, "-") == 0) {
        if (write_format(arena, &session, format, stdout) == 0 && fflush(stdout) == 0)
            return 0;
        return problem_set(problem, "cannot write: %s", strerror(errno));
    }
    if (write_file(arena, &session, format, path, problem) != 0)
        return -1;
    if (bench->options.json)
        json_print(json_pack("{s:s, s:I, s:s, s:s, s:i, s:i, s:i}", "command", "export", "session",
                             (json_int_t)session.id, "format", export_format_name(format), "file",
                             path, "ok", tally.ok, "not_ok", tally.failed, "exit_code", 0));
    else
        fprintf(stderr, "%s: session %lld as %s, %d samples that are ok, %d that are not\n", path,
                (long long)session.id, export_format_name(format), tally.ok, tally.failed);
    return 0;
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    enum export_format format;
    if (choose(bench, &format, problem) != 0 || open_results(bench, &campaign->store, problem) != 0)
        return -1;
    return export_session(bench, campaign->store, format, problem);
}

int command_export(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .run = run};
    return task_command(&task, argc, argv);
}
