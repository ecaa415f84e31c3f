#include "runner/base/interrupt.h"
#include "runner/base/lock.h"
#include "runner/command/commands.h"
#include "runner/job/doctor.h"
#include "runner/measure/measure.h"
#include "runner/measure/task.h"
#include "runner/store/noise.h"
#include "runner/store/select.h"
#include "runner/subject/allocator.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const unsigned accepted = OPTION_BRIEF | OPTION_WAIT;

/* Blocks of ABBA of one build; long enough a sample that start-up does not count. */
enum { AA_BLOCKS = 6, AA_SAMPLES = 4 * AA_BLOCKS, AA_TIMEOUT_S = 30 };
static const char aa_workload[] = "ws8192", aa_operations[] = "5000000";
static const double window_quick_s = 0.2, window_s = 1;

static const char help[] =
    "usage: hakbench doctor [--quick] [options]\n"
    "\n"
    "Says whether this machine is fit to measure: clock, cores, memory, kernel settings, what\n"
    "others take of the processors meanwhile, and how far samples of one and the same build\n"
    "differ (A/A, about 5 s; --quick leaves it out). Every warning has a remedy. Exit code\n"
    "3: doubtful.\n";

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Lets time pass, during which others show themselves. False: interrupted. */
static bool watch(double seconds)
{
    const struct timespec time = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    interrupt_poll(NULL, 0, &time);
    return !interrupt_pending();
}

/* The release default on one row, twice; what is missing is no problem but a warning. */
static int prepare(struct bench *bench, struct cell sides[2], const char **missing,
                   struct problem *problem)
{
    struct allocator allocator;
    struct problem unbuilt = {0};
    const char *program = NULL;
    if (bench_read_catalog(bench, problem) != 0 ||
        allocator_resolve(bench->arena, &bench->catalog, bench->root, "hakmem", &allocator,
                          problem) != 0)
        return -1;
    const struct catalog_row *row = catalog_find_row(&bench->catalog, aa_workload);
    if (row == NULL)
        return problem_set(problem, "workloads.txt has no row %s: put it back", aa_workload);
    if (allocator.missing != NULL)
        *missing = arena_printf(bench->arena, "hakmem is missing: %s", allocator.missing);
    else if (select_program(bench, row, &program, &unbuilt) != 0)
        *missing = arena_copy(bench->arena, unbuilt.text);
    for (int side = 0; side < 2; side++) {
        sides[side] = (struct cell){.allocator = allocator,
                                    .workload = row->name,
                                    .side = side == 0 ? "A" : "B",
                                    .program = program,
                                    .threads = 1};
        strings_add(bench->arena, &sides[side].arguments, "--ops");
        strings_add(bench->arena, &sides[side].arguments, aa_operations);
    }
    return 0;
}

/* An exit code above 0 with the problem, 0, or interrupted. */
static int compare_with_itself(struct bench *bench, const struct host_cores *cores,
                               struct doctor_readings *readings, struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct cell sides[2];
    if (prepare(bench, sides, &readings->aa_missing, problem) != 0)
        return EXIT_USAGE;
    if (readings->aa_missing != NULL)
        return EXIT_PASS;
    const struct cells cells = {.at = sides, .count = 2};
    const struct measure_settings settings = {.cores = cores, .timeout_s = AA_TIMEOUT_S};
    struct sample list[AA_SAMPLES];
    struct samples samples = {.at = list};
    for (int i = 0; i < AA_SAMPLES; i++) {
        const int side = i % 4 == 1 || i % 4 == 2;
        struct sample *sample = &list[samples.count++];
        const enum measure_outcome outcome =
            measure_sample(arena, &sides[side], &settings, sample, problem);
        if (outcome != MEASURE_DONE)
            return outcome == MEASURE_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_USAGE;
        sample->cell = side;
        if (sample->status == SAMPLE_OK)
            continue;
        readings->aa_missing = arena_printf(arena, "a sample was not ok: %s: %s",
                                            sample_status_name(sample->status), sample->reason);
        return EXIT_PASS;
    }
    const struct noises noises = noise_of(arena, &cells, &samples);
    readings->aa_samples = samples.count;
    readings->aa_spread = noises.at[0].spread;
    readings->aa_p95 = noises.at[0].p95;
    return EXIT_PASS;
}

/* Readings, the window, and inside it the A/A comparison. An exit code. */
static int examine(struct bench *bench, struct doctor_readings *readings, struct problem *problem)
{
    struct host_cores cores;
    const bool is_quick = bench->options.quick;
    if (!is_quick && lock_take(bench->arena, bench->options.wait, problem) != 0)
        return EXIT_USAGE;
    interrupt_watch();
    if (host_choose_cores(&cores, problem) != 0)
        return EXIT_USAGE;
    doctor_read(bench->arena, "", cores.one_number, readings);
    const struct host_ticks before = host_read_ticks();
    const double start = now_s();
    int code = watch(is_quick ? window_quick_s : window_s) ? EXIT_PASS : EXIT_INTERRUPTED;
    if (code == EXIT_PASS && !is_quick)
        code = compare_with_itself(bench, &cores, readings, problem);
    const struct host_ticks after = host_read_ticks();
    const double total = (double)(after.total - before.total);
    const double foreign = (double)(after.busy - before.busy - (after.own - before.own));
    readings->window_s = now_s() - start;
    if (total > 0) {
        readings->steal_percent = 100 * (double)(after.stolen - before.stolen) / total;
        readings->foreign_percent = foreign > 0 ? 100 * foreign / total : 0;
    }
    return code;
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    (void)campaign;
    struct doctor_readings readings = {0};
    bool raised[DOCTOR_WARNINGS];
    int code = examine(bench, &readings, problem);
    if (code != EXIT_PASS)
        return code == EXIT_INTERRUPTED ? code : -1;
    const bool is_fit = doctor_judge(&readings, raised);
    code = is_fit ? EXIT_PASS : EXIT_INCONCLUSIVE;
    if (bench->options.json)
        json_print(json_pack("{s:s, s:b, s:i, s:o, s:o}", "command", "doctor", "fit", is_fit,
                             "exit_code", code, "readings", doctor_readings_json(&readings),
                             "warnings", doctor_warnings_json(bench->arena, &readings, raised)));
    else
        doctor_print(bench->arena, &readings, raised);
    return code;
}

int command_doctor(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .run = run};
    return task_command(&task, argc, argv);
}
