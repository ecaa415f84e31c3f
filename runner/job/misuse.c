#include "runner/job/misuse.h"

#include "runner/base/interrupt.h"
#include "runner/base/json.h"
#include "runner/base/style.h"
#include "runner/measure/verdict.h"
#include "runner/subject/variants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TIMEOUT_DEFAULT = 20, CASES_MAX = 256, ERRORS_MAX = 64 * 1024, BAR_COLUMNS = 24 };

/* --- what is run --------------------------------- */

void misuse_add_names(struct arena *arena, const struct catalog *catalog, struct strings *names)
{
    variants_of_set(arena, catalog, SET_MISUSE, names);
}

static bool is_wanted(const struct misuse_case *one, const struct strings *wanted,
                      struct arena *arena)
{
    return wanted->count == 0 || strings_hold(wanted, one->id) ||
           strings_hold(wanted, arena_printf(arena, "%d", one->group));
}

/* Every name that was given must stand for a case. */
static int check_wanted(struct arena *arena, const struct misuse_stage *stage,
                        const struct strings *wanted, const struct strings *ids,
                        struct problem *problem)
{
    for (int w = 0; w < wanted->count; w++) {
        bool found = false;
        for (int i = 0; i < stage->case_count; i++)
            found = found || strcmp(stage->cases[i].id, wanted->at[w]) == 0 ||
                    strcmp(arena_printf(arena, "%d", stage->cases[i].group), wanted->at[w]) == 0;
        if (!found)
            return problem_set(problem, "unknown case '%s': choose from %s, or a group's number",
                               wanted->at[w], strings_join(arena, ids, " "));
    }
    return 0;
}

/* Asks the program, so that the list stands in one place. */
static int read_cases(struct arena *arena, const struct strings *wanted, struct misuse_stage *stage,
                      struct problem *problem)
{
    const char *const argv[] = {stage->program, "--list", NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const struct child_request request = {
        .argv = argv, .environment = environment, .timeout_s = TIMEOUT_DEFAULT};
    struct child_result result;
    struct strings lines = {0}, ids = {0};
    if (child_run(arena, &request, &result, problem) != 0)
        return -1;
    strings_split(arena, &lines, result.output, "\n");
    stage->cases = arena_alloc(arena, CASES_MAX * sizeof *stage->cases);
    for (int i = 0; i < lines.count && stage->case_count < CASES_MAX; i++) {
        json_t *line = json_read_object(lines.at[i]);
        struct misuse_case one = {.id = json_text(arena, line, "id"),
                                  .title = json_text(arena, line, "title"),
                                  .group = (int)json_number(line, "group")};
        json_decref(line);
        if (one.id == NULL || one.title == NULL || one.group < 1)
            return problem_set(problem, "%s --list: cannot read '%s': run make", stage->program,
                               lines.at[i]);
        strings_add(arena, &ids, one.id);
        if (is_wanted(&one, wanted, arena))
            stage->cases[stage->case_count++] = one;
    }
    if (ids.count == 0)
        return problem_set(problem, "%s --list tells no case: run make", stage->program);
    return check_wanted(arena, stage, wanted, &ids, problem);
}

/* The cases know the blocks of hakmem only; the path of a library is believed until it speaks. */
static int check_allocators(const struct misuse_stage *stage, struct problem *problem)
{
    const struct allocators *allocators = &stage->allocators;
    const struct allocator *first = &allocators->at[0];
    bool is_there = false;
    for (int i = 0; i < allocators->count; i++) {
        const enum allocator_kind kind = allocators->at[i].kind;
        if (kind != ALLOCATOR_HAKMEM && kind != ALLOCATOR_PATH)
            return problem_set(problem, "%s is no hakmem: the cases know hakmem's blocks only",
                               allocators->at[i].name);
        is_there = is_there || allocators->at[i].missing == NULL;
    }
    if (!is_there)
        return problem_set(problem, "nothing to run: %s is missing (%s)", first->name,
                           first->missing);
    return 0;
}

static int check_predictions(struct arena *arena, const struct misuse_stage *stage,
                             struct problem *problem)
{
    struct prediction ignored;
    for (int a = 0; a < stage->allocators.count; a++)
        for (int i = 0; i < stage->case_count && stage->allocators.at[a].variant != NULL; i++)
            if (predictions_find(arena, &stage->predictions, stage->cases[i].id,
                                 stage->allocators.at[a].variant, &ignored, problem) != 0)
                return -1;
    return 0;
}

int misuse_prepare(const struct bench *bench, const struct strings *names,
                   const struct strings *cases, struct misuse_stage *stage, struct problem *problem)
{
    struct arena *arena = bench->arena;
    const long timeout_s = bench->options.timeout_s;
    stage->program = arena_printf(arena, "%s/build/misuse", bench->root);
    stage->measure.timeout_s = (double)(timeout_s > 0 ? timeout_s : TIMEOUT_DEFAULT);
    stage->measure.answer_max = 1; /* a program of ours: it gets our small environment */
    if (access(stage->program, X_OK) != 0)
        return problem_set(problem, "%s is not built: run make", stage->program);
    if (measure_find_probe(arena, bench->root, &stage->measure.probe, problem) != 0 ||
        read_cases(arena, cases, stage, problem) != 0 ||
        predictions_read(
            arena, arena_printf(arena, "%s/allocator/tests/misuse/predicted.txt", bench->root),
            &stage->predictions, problem) != 0 ||
        allocators_resolve(arena, &bench->catalog, bench->root, names, &stage->allocators,
                           problem) != 0 ||
        check_allocators(stage, problem) != 0 || check_predictions(arena, stage, problem) != 0)
        return -1;
    const size_t most = (size_t)stage->allocators.count * (size_t)stage->case_count;
    stage->results = arena_alloc(arena, most * sizeof *stage->results);
    return 0;
}

/* --- a case in a process --------------------------------- */

/* The allocator as it is, but that it tells what it finds. */
static struct cell make_cell(struct arena *arena, const struct misuse_stage *stage,
                             const struct allocator *allocator, const struct misuse_case *one)
{
    struct cell cell = {.allocator = *allocator, .workload = "misuse", .program = stage->program};
    cell.allocator.environment = (struct strings){0};
    for (int i = 0; i < allocator->environment.count; i++)
        strings_add(arena, &cell.allocator.environment, allocator->environment.at[i]);
    strings_add(arena, &cell.allocator.environment, "HAKMEM_ON_CORRUPTION=report");
    strings_add(arena, &cell.arguments, one->id);
    return cell;
}

static void predict(struct arena *arena, const struct misuse_stage *stage,
                    const struct proof *proof, struct misuse *misuse)
{
    struct problem ignored = {0};
    misuse->has_prediction = proof->variant != NULL &&
                             predictions_find(arena, &stage->predictions, misuse->case_id,
                                              proof->variant, &misuse->predicted, &ignored) == 0;
    if (misuse->has_prediction)
        verdict_compare(misuse);
}

static enum measure_outcome run_case(struct arena *arena, const struct misuse_stage *stage,
                                     const struct cell *cell, struct misuse *misuse,
                                     struct problem *problem)
{
    const char *const argv[] = {cell->program, misuse->case_id, NULL};
    const struct strings environment =
        measure_environment(arena, &cell->allocator, &stage->measure, NULL);
    const struct child_request request = {
        .argv = argv,
        .environment = environment.at,
        .cores = &stage->measure.cores->many,
        .timeout_s = stage->measure.timeout_s,
        .output = CHILD_DISCARD,
        .errors_max = ERRORS_MAX,
        .wants_identity = true,
    };
    struct child_result result;
    struct proof proof;
    if (child_run(arena, &request, &result, problem) != 0)
        return MEASURE_IMPOSSIBLE;
    if (result.end == CHILD_INTERRUPTED)
        return MEASURE_INTERRUPTED;
    verdict_take(arena, &result, measure_mismatch(arena, cell, result.identity, &proof), misuse);
    /* What did not run as it was meant is held against what was meant. */
    if (cell->allocator.variant != NULL)
        proof.variant = cell->allocator.variant;
    predict(arena, stage, &proof, misuse);
    return MEASURE_DONE;
}

static const char *keep_text(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

/* The rest of a case's memory is freed before the next one. */
static void keep(struct arena *arena, struct misuse_stage *stage, const struct misuse *misuse)
{
    struct misuse *kept = &stage->results[stage->count++];
    *kept = *misuse;
    kept->layer = keep_text(arena, misuse->layer);
    kept->tag = keep_text(arena, misuse->tag);
    kept->reports = keep_text(arena, misuse->reports);
    kept->reason = keep_text(arena, misuse->reason);
    kept->predicted.layer = keep_text(arena, misuse->predicted.layer);
    kept->predicted.tag = keep_text(arena, misuse->predicted.tag);
    stage->predicted += misuse->has_prediction || misuse->verdict == MISUSE_MISSED_RUN;
    stage->held += misuse->has_prediction && misuse->held;
}

/* --- all of them --------------------------------- */

static void show_progress(const struct misuse_stage *stage, int total, bool at_end)
{
    static const time_t pause_s = 10;
    static time_t told;
    const time_t now = time(NULL);
    struct arena arena = {0};
    if (isatty(STDERR_FILENO) && at_end) {
        fputs("\r\033[K", stderr);
    } else if (isatty(STDERR_FILENO)) {
        const double part = (double)stage->count / total;
        fprintf(stderr, "\r\033[K%s▏ misuse %d/%d", style_bar(&arena, part, BAR_COLUMNS),
                stage->count, total);
    } else if (told == 0) {
        told = now;
    } else if (now - told >= pause_s && !at_end) {
        told = now;
        fprintf(stderr, "%d of %d cases of misuse\n", stage->count, total);
    }
    fflush(stderr);
    arena_free(&arena);
}

static enum campaign_end run_and_store(const struct bench *bench, const struct campaign *campaign,
                                       struct misuse_stage *stage,
                                       const struct allocator *allocator,
                                       const struct misuse_case *one, struct problem *problem)
{
    struct arena scratch = {0};
    struct misuse misuse = {
        .allocator = allocator->name, .case_id = one->id, .title = one->title, .group = one->group};
    const struct cell cell = make_cell(&scratch, stage, allocator, one);
    enum campaign_end end = CAMPAIGN_DONE;
    switch (run_case(&scratch, stage, &cell, &misuse, problem)) {
    case MEASURE_IMPOSSIBLE:
        end = CAMPAIGN_STOPPED;
        break;
    case MEASURE_INTERRUPTED:
        end = CAMPAIGN_INTERRUPTED;
        break;
    default:
        keep(bench->arena, stage, &misuse);
        if (store_add_misuse(campaign->store, &campaign->session, &misuse, problem) != 0)
            end = CAMPAIGN_STOPPED;
    }
    arena_free(&scratch);
    return end;
}

enum campaign_end misuse_run(const struct bench *bench, const struct campaign *campaign,
                             struct misuse_stage *stage, struct problem *problem)
{
    const int total = stage->allocators.count * stage->case_count;
    enum campaign_end end = CAMPAIGN_DONE;
    stage->measure.cores = &campaign->cores;
    for (int a = 0; a < stage->allocators.count; a++) {
        const struct allocator *allocator = &stage->allocators.at[a];
        for (int i = 0; i < stage->case_count && allocator->missing == NULL; i++) {
            show_progress(stage, total, false);
            end = interrupt_pending()
                      ? CAMPAIGN_INTERRUPTED
                      : run_and_store(bench, campaign, stage, allocator, &stage->cases[i], problem);
            if (end != CAMPAIGN_DONE) {
                show_progress(stage, total, true);
                return end;
            }
        }
    }
    show_progress(stage, total, true);
    return end;
}

enum exit_code misuse_exit_code(const struct misuse_stage *stage)
{
    return stage->held == stage->predicted ? EXIT_PASS : EXIT_CRASH;
}
