#define _GNU_SOURCE
#include "runner/measure/measure.h"

#include "runner/measure/timeline.h"
#include "runner/process/elf.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* Our workloads get a small environment, so that two users measure the same; a program of the
 * user's own gets all of hers. Either way LD_PRELOAD is the allocator's and nobody else's. */
static bool is_passed_on(const char *entry, bool everything)
{
    static const char *const names[] = {"PATH=", "HOME=", "TMPDIR="};
    if (strncmp(entry, "LD_PRELOAD=", 11) == 0 ||
        strncmp(entry, "HAKBENCH_IDENTITY_FD=", 21) == 0 || pages_own_entry(entry))
        return false;
    if (everything || host_is_allocator_setting(entry))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool is_overridden(const char *entry, const struct strings *settings)
{
    for (int i = 0; i < settings->count; i++)
        if (strncmp(entry, settings->at[i], strcspn(settings->at[i], "=") + 1) == 0)
            return true;
    return false;
}

int measure_find_probe(struct arena *arena, const char *root, const char **probe,
                       struct problem *problem)
{
    *probe = arena_printf(arena, "%s/build/libhakprobe.so", root);
    if (access(*probe, R_OK) != 0)
        return problem_set(problem, "%s is not built: run make", *probe);
    if (strpbrk(*probe, " :") != NULL)
        return problem_set(problem,
                           "%s: LD_PRELOAD cannot hold a path with a space or a colon: "
                           "move it",
                           *probe);
    return 0;
}

struct strings measure_environment(struct arena *arena, const struct allocator *allocator,
                                   const struct measure_settings *settings,
                                   const struct pages *pages)
{
    const char *probe = settings->probe;
    const bool is_foreign = probe != NULL && settings->answer_max == 0;
    struct strings result = {0};
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        if (is_passed_on(*entry, is_foreign) && !is_overridden(*entry, &allocator->environment))
            strings_add(arena, &result, *entry);
    for (int i = 0; i < allocator->environment.count; i++)
        strings_add(arena, &result, allocator->environment.at[i]);
    if (pages != NULL)
        pages_add_environment(arena, pages, &result);
    struct strings preloads = {0};
    /* The first is initialised last: the probe speaks when the allocator has started. It defines
     * none of the allocator's symbols, so the allocator is still the first that does. */
    if (probe != NULL) {
        strings_add(arena, &preloads, probe);
        strings_add(arena, &result,
                    arena_printf(arena, "HAKBENCH_IDENTITY_FD=%d", CHILD_IDENTITY_FD));
    }
    if (allocator->preload != NULL)
        strings_add(arena, &preloads, allocator->preload);
    if (preloads.count > 0)
        strings_add(arena, &result,
                    arena_printf(arena, "LD_PRELOAD=%s", strings_join(arena, &preloads, ":")));
    if (result.count == 0)
        strings_add(arena, &result, "PATH=/usr/bin:/bin");
    return result;
}

static int64_t nanoseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000000 + (int64_t)time.tv_usec * 1000;
}

static void take_accounts(const struct child_result *result, struct sample *sample)
{
    sample->exit_code = result->exit_code;
    sample->signal = result->signal;
    sample->wall_ns = result->wall_ns;
    sample->user_ns = nanoseconds(result->usage.ru_utime);
    sample->system_ns = nanoseconds(result->usage.ru_stime);
    sample->minflt_total = result->usage.ru_minflt;
    sample->majflt_total = result->usage.ru_majflt;
    sample->nvcsw = result->usage.ru_nvcsw;
    sample->nivcsw = result->usage.ru_nivcsw;
    sample->peak_rss = (int64_t)result->usage.ru_maxrss * 1024;
}

static void take_answer(struct arena *arena, const json_t *answer, struct sample *sample)
{
    sample->ops = json_number(answer, "ops");
    sample->elapsed_ns = json_number(answer, "elapsed_ns");
    sample->minflt_start = json_number(answer, "minflt_start");
    sample->minflt_phase = json_number(answer, "minflt_phase");
    sample->rss_end = json_number(answer, "rss_end");
    sample->corruptions = json_number(answer, "corruptions");
    sample->audit_errors = json_number(answer, "audit_errors");
    const struct proof proof = proof_read(arena, json_object_get(answer, "identity"));
    sample->malloc_object = proof.malloc_object;
    sample->malloc_build_id = proof.malloc_build_id;
    sample->free_object = proof.free_object;
    sample->free_build_id = proof.free_build_id;
    sample->variant = proof.variant;
}

static void set_verdict(struct sample *sample, enum sample_status status, const char *reason)
{
    sample->status = status;
    sample->reason = reason;
}

/* "name: what it said last", or the name alone. */
static const char *with_last_line(struct arena *arena, const char *what,
                                  const struct child_result *result)
{
    const char *line = text_last_line(arena, result->errors, 200);
    return *line != '\0' ? arena_printf(arena, "%s: %s", what, line) : what;
}

static const char *signal_name(struct arena *arena, int number)
{
    const char *name = sigabbrev_np(number);
    return name != NULL ? arena_printf(arena, "SIG%s", name)
                        : arena_printf(arena, "signal %d", number);
}

/* True when the process ended in a way that needs no look at its answer. */
static bool judge_end(struct arena *arena, const struct child_result *result, double timeout_s,
                      struct sample *sample)
{
    if (result->end == CHILD_TIMED_OUT)
        set_verdict(sample, SAMPLE_TIMEOUT,
                    arena_printf(arena, "no end within %g s: killed (--timeout)", timeout_s));
    else if (result->end == CHILD_SIGNALLED)
        set_verdict(sample, SAMPLE_CRASH,
                    with_last_line(arena, signal_name(arena, result->signal), result));
    else
        return false;
    return true;
}

static void judge_workload(struct arena *arena, const struct child_result *result,
                           const struct cell *cell, struct sample *sample)
{
    json_t *answer = json_read_object(result->output);
    if (answer != NULL)
        take_answer(arena, answer, sample);
    const struct proof proof = proof_read(arena, json_object_get(answer, "identity"));
    const int64_t threads = json_number(answer, "threads");
    json_decref(answer);
    const char *mismatch = proof_check(arena, &proof, &cell->allocator);
    if (result->exit_code == EXIT_CRASH)
        set_verdict(sample, SAMPLE_FAILED,
                    sample->audit_errors > 0
                        ? arena_printf(arena, "audit: %lld errors", (long long)sample->audit_errors)
                        : with_last_line(arena, "wrong result", result));
    else if (result->exit_code != 0)
        set_verdict(
            sample, SAMPLE_FAILED,
            with_last_line(arena, arena_printf(arena, "exit %d", result->exit_code), result));
    else if (sample->ops <= 0 || sample->elapsed_ns <= 0)
        set_verdict(sample, SAMPLE_FAILED,
                    with_last_line(arena, "printed no JSON line with ops and elapsed_ns", result));
    else if (mismatch != NULL)
        set_verdict(sample, SAMPLE_VOID, mismatch);
    else if (threads > 1 && cell->threads == 1)
        set_verdict(sample, SAMPLE_VOID,
                    arena_printf(arena,
                                 "ran %lld threads pinned to one core: name --threads in "
                                 "its row",
                                 (long long)threads));
    if (answer == NULL && sample->output == NULL)
        sample->output = text_last_line(arena, result->errors, 2000);
}

/* Why a program may ignore LD_PRELOAD altogether. */
static const char *why_no_identity(struct arena *arena, const char *program)
{
    struct stat status;
    struct elf_info info;
    struct problem ignored = {0};
    const bool is_elf = elf_read(arena, program, &info, &ignored) == 0;
    if (is_elf && !info.has_interpreter)
        return arena_printf(arena, "%s is statically linked: LD_PRELOAD has no effect", program);
    if (stat(program, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0)
        return arena_printf(arena, "%s is set-user-ID: LD_PRELOAD has no effect", program);
    return arena_printf(arena,
                        "%s did not say whose malloc it runs on: the preload did not take "
                        "effect",
                        program);
}

const char *measure_mismatch(struct arena *arena, const struct cell *cell, const char *identity,
                             struct proof *proof)
{
    json_t *object = json_read_object(identity);
    *proof = proof_read(arena, object);
    json_decref(object);
    return object == NULL ? why_no_identity(arena, cell->program)
                          : proof_check(arena, proof, &cell->allocator);
}

/* Kept as it was printed: the database reads the single results out of it. The iterations are
 * counted here. */
static bool take_benchmarks(const struct child_result *result, struct sample *sample)
{
    json_t *answer = json_read_object(result->output);
    const json_t *benchmarks = json_object_get(answer, "benchmarks");
    int64_t iterations = 0;
    size_t i;
    const json_t *benchmark;
    json_array_foreach(benchmarks, i, benchmark)
    {
        const int64_t own = json_number(benchmark, "iterations");
        iterations += own > 0 ? own : 0;
    }
    json_decref(answer);
    sample->output = result->output;
    sample->ops = iterations > 0 ? iterations : RECORD_NONE;
    return iterations > 0;
}

static void judge_program(struct arena *arena, const struct child_result *result,
                          const struct cell *cell, size_t answer_max, struct sample *sample)
{
    struct proof proof;
    const char *mismatch = measure_mismatch(arena, cell, result->identity, &proof);
    sample->malloc_object = proof.malloc_object;
    sample->malloc_build_id = proof.malloc_build_id;
    sample->free_object = proof.free_object;
    sample->free_build_id = proof.free_build_id;
    sample->variant = proof.variant;
    sample->output = text_last_line(arena, result->errors, 2000);
    if (mismatch != NULL)
        set_verdict(sample, SAMPLE_VOID, mismatch);
    else if (result->exit_code != 0)
        set_verdict(
            sample, SAMPLE_FAILED,
            with_last_line(arena, arena_printf(arena, "exit %d", result->exit_code), result));
    else if (answer_max > 0 && !take_benchmarks(result, sample))
        set_verdict(sample, SAMPLE_FAILED,
                    with_last_line(arena, "printed no JSON of benchmarks", result));
}

static void judge(struct arena *arena, const struct child_result *result, const struct cell *cell,
                  const struct measure_settings *settings, struct sample *sample)
{
    if (settings->probe == NULL && *result->output != '\0')
        sample->output = text_last_line(arena, result->output, 32 * 1024);
    if (judge_end(arena, result, settings->timeout_s, sample)) {
        if (sample->output == NULL)
            sample->output = text_last_line(arena, result->errors, 2000);
    } else if (settings->probe == NULL) {
        judge_workload(arena, result, cell, sample);
    } else {
        judge_program(arena, result, cell, settings->answer_max, sample);
    }
}

static void look(void *timeline, pid_t pid, int64_t at_ns)
{
    timeline_look(timeline, pid, at_ns);
}

/* `pages`: NULL when the child shares none. */
static enum measure_outcome run_sample(struct arena *arena, const struct cell *cell,
                                       const struct measure_settings *settings,
                                       const struct pages *pages, struct sample *sample,
                                       struct problem *problem)
{
    struct timeline timeline = timeline_begin(arena);
    struct strings argv = {0};
    strings_add(arena, &argv, cell->program);
    for (int i = 0; i < cell->arguments.count; i++)
        strings_add(arena, &argv, cell->arguments.at[i]);
    const struct strings environment =
        measure_environment(arena, &cell->allocator, settings, pages);
    const struct child_request request = {
        .argv = argv.at,
        .environment = environment.at,
        .cores = cell->threads == 1 ? &settings->cores->one : &settings->cores->many,
        .timeout_s = settings->timeout_s,
        .output = settings->probe == NULL || settings->answer_max > 0 ? CHILD_CAPTURE
                  : settings->show_output                             ? CHILD_SHOW
                                                                      : CHILD_DISCARD,
        .output_max = settings->answer_max,
        .wants_identity = settings->probe != NULL,
        .descriptors = pages != NULL ? pages->descriptors : NULL,
        .descriptor_count = pages != NULL ? 2 : 0,
        .tick_ns = cell->pass == PASS_LATENCY ? TIMELINE_TICK_NS : 0,
        .tick = look,
        .tick_context = &timeline,
    };
    struct child_result result;
    const int status = child_run(arena, &request, &result, problem);
    timeline_end(&timeline);
    if (status != 0)
        return MEASURE_IMPOSSIBLE;
    if (result.end == CHILD_INTERRUPTED)
        return MEASURE_INTERRUPTED;
    take_accounts(&result, sample);
    judge(arena, &result, cell, settings, sample);
    sample->details.moments = timeline.at;
    sample->details.moment_count = timeline.count;
    if (pages != NULL)
        pages_read(arena, pages, result.ended_ns, sample);
    return MEASURE_DONE;
}

enum measure_outcome measure_sample(struct arena *arena, const struct cell *cell,
                                    const struct measure_settings *settings, struct sample *sample,
                                    struct problem *problem)
{
    *sample = (struct sample){
        .status = SAMPLE_OK,
        .started_utc = host_now(arena),
        .ops = RECORD_NONE,
        .elapsed_ns = RECORD_NONE,
        .minflt_start = RECORD_NONE,
        .minflt_phase = RECORD_NONE,
        .rss_end = RECORD_NONE,
        .corruptions = RECORD_NONE,
        .audit_errors = RECORD_NONE,
    };
    if (cell->no_pages)
        return run_sample(arena, cell, settings, NULL, sample, problem);
    struct pages pages;
    if (pages_open(&pages, problem) != 0)
        return MEASURE_IMPOSSIBLE;
    const enum measure_outcome outcome = run_sample(arena, cell, settings, &pages, sample, problem);
    pages_close(&pages);
    return outcome;
}
