#include "runner/base/random.h"
#include "runner/command/commands.h"
#include "runner/measure/task.h"
#include "runner/process/server.h"
#include "runner/store/store_program.h"
#include "runner/subject/programs.h"
#include "runner/table/programs_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const unsigned accepted = OPTION_ALLOCATORS | OPTION_REPEATS | OPTION_SEED | OPTION_RESULTS |
                                 OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX;

/* Six rounds are the least that give the median an interval of 95 %. */
enum { ROUNDS_DEFAULT = 6, TIMEOUT_DEFAULT = 120 };

/* What hyperfine says of a cell, by its index, and what is needed to call it. */
struct timing {
    struct bench *bench;
    const char *hyperfine;
    const char *scratch; /* a folder of the session under TMPDIR, removed at its end */
    const char *kept;    /* where the exported JSON stays */
    struct program_row *rows;
    double **rounds; /* the median of each round of a cell, seconds */
    int round_count;
    struct server_client client;
    struct campaign_company company;
    struct arena passing; /* for what one place needs: a child's peak memory cannot be less than
                             ours at the fork */
};

static const char help[] =
    "usage: hakbench programs [PROGRAM ...] [options]\n"
    "\n"
    "Times whole programs under hakmem and every peer, from start to end, by hyperfine: a few\n"
    "runs a round, in --repeats (6) rounds of random order. Each round begins with one run\n"
    "more that proves the allocator and tells memory and page faults. Those that do little\n"
    "but start are also run without prewarm, which shows its price and its gain. The JSON\n"
    "that hyperfine exports stays in hyperfine/ of the session's folder. Programs:\n";

static void print_more(void)
{
    for (int i = 0; i < programs_count(); i++)
        printf("  %-9s %s\n", program_at(i)->name, program_at(i)->about);
    putchar('\n');
}

static bool is_chosen(const struct strings *names, const struct program *program)
{
    return names->count == 0 || strings_hold(names, program->name);
}

static int check_names(struct arena *arena, const struct strings *names, struct problem *problem)
{
    struct strings all = {0};
    for (int i = 0; i < programs_count(); i++)
        strings_add(arena, &all, program_at(i)->name);
    for (int i = 0; i < names->count; i++)
        if (program_find(names->at[i]) == NULL)
            return problem_set(problem, "unknown program '%s': choose from %s", names->at[i],
                               strings_join(arena, &all, ", "));
    return 0;
}

/* Those named, or hakmem and all peers. */
static int choose_allocators(struct bench *bench, struct allocators *all, bool *is_default,
                             struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct strings names = {0};
    *is_default = bench->options.allocators == NULL;
    if (!*is_default) {
        allocators_split(arena, bench->options.allocators, &names);
    } else {
        strings_add(arena, &names, "hakmem");
        strings_add(arena, &names, "hakmem:prewarm=0");
        allocators_add_peers(arena, &bench->catalog, &names);
    }
    return allocators_resolve(arena, &bench->catalog, bench->root, &names, all, problem);
}

/* The cells of a program; one that is not installed is left out with a line that says so. */
static void add_program(struct timing *timing, const struct program *program,
                        const struct allocators *allocators, bool is_default,
                        struct campaign *campaign)
{
    struct bench *bench = timing->bench;
    for (int i = 0; i < allocators->count; i++) {
        const struct allocator *allocator = &allocators->at[i];
        struct problem missing = {0};
        const char *client;
        struct cell *cell = &campaign->cells.at[campaign->cells.count];
        if (is_default && !program->is_startup && strstr(allocator->name, "prewarm") != NULL)
            continue;
        if (program_cell(bench->arena, program, allocator, bench->root, timing->scratch, cell,
                         &missing) != 0 ||
            (program->is_server &&
             program_find_binary(bench->arena, "redis-benchmark", &client, &missing) != 0)) {
            fprintf(stderr, "%s is left out: %s\n", program->name, missing.text);
            facts_add(bench->arena, &campaign->facts,
                      arena_printf(bench->arena, "missing.program.%s", program->name),
                      missing.text);
            return;
        }
        campaign->cells.count++;
    }
}

static int choose(struct timing *timing, struct campaign *campaign, struct problem *problem)
{
    struct bench *bench = timing->bench;
    struct options *options = &bench->options;
    struct allocators allocators;
    bool is_default;
    if (options->has_rest)
        return problem_set(problem, "takes names of programs: for another, hakbench exec");
    if (check_names(bench->arena, &options->positional, problem) != 0)
        return -1;
    if (program_find_binary(bench->arena, "hyperfine", &timing->hyperfine, problem) != 0)
        return problem_set(problem, "hyperfine is not installed: apt-get install hyperfine");
    if (measure_find_probe(bench->arena, bench->root, &campaign->measure.probe, problem) != 0 ||
        bench_read_catalog(bench, problem) != 0 ||
        choose_allocators(bench, &allocators, &is_default, problem) != 0)
        return -1;
    const size_t most = (size_t)(allocators.count * programs_count()) + 1;
    campaign->cells.at = arena_alloc(bench->arena, most * sizeof(struct cell));
    for (int i = 0; i < programs_count(); i++)
        if (is_chosen(&options->positional, program_at(i)))
            add_program(timing, program_at(i), &allocators, is_default, campaign);
    if (campaign->cells.count == 0)
        return problem_set(problem, "no program is left to measure: see above");
    if (options->repeats == 0)
        options->repeats = ROUNDS_DEFAULT;
    campaign->measure.timeout_s =
        (double)(options->timeout_s > 0 ? options->timeout_s : TIMEOUT_DEFAULT);
    return campaign_check_cells(&campaign->cells, problem);
}

/* Of the exported JSON: letters, digits and dots of a name. */
static const char *file_name(struct arena *arena, const struct timing *timing,
                             const struct cell *cell, int round)
{
    char *name = arena_printf(arena, "%s.%s", cell->workload, cell->allocator.name);
    for (char *at = name; *at != '\0'; at++)
        if (!isalnum((unsigned char)*at) && *at != '.')
            *at = '-';
    return arena_printf(arena, "%s/%s.%d.json", timing->kept, name, round);
}

static struct hyperfine_call make_call(struct arena *arena, const struct timing *timing,
                                       const struct campaign *campaign, const struct place *place)
{
    const struct cell *cell = &campaign->cells.at[place->cell];
    const struct measure_settings plain = {.cores = &campaign->cores};
    const struct strings environment = measure_environment(arena, &cell->allocator, &plain, NULL);
    struct strings argv = {0};
    strings_add(arena, &argv, cell->program);
    for (int i = 0; i < cell->arguments.count; i++)
        strings_add(arena, &argv, cell->arguments.at[i]);
    return (struct hyperfine_call){
        .hyperfine = timing->hyperfine,
        .argv = argv.at,
        .environment = environment.at,
        .cores = cell->threads == 1 ? &campaign->cores.one : &campaign->cores.many,
        .timeout_s = campaign->measure.timeout_s,
        .runs = program_find(cell->workload)->runs,
        .file = file_name(arena, timing, cell, place->block),
    };
}

/* The client of redis, which is not under the allocator, and the command that ends the server. */
static int start_client(struct timing *timing, const struct campaign *campaign,
                        const struct place *place, struct problem *problem)
{
    struct arena *arena = &timing->passing;
    const struct allocator none = {.name = "glibc"};
    const struct measure_settings plain = {.cores = &campaign->cores};
    const char *socket = arena_printf(arena, "%s/redis.sock", timing->scratch);
    const char *benchmark, *cli;
    if (program_find_binary(arena, "redis-benchmark", &benchmark, problem) != 0 ||
        program_find_binary(arena, "redis-cli", &cli, problem) != 0)
        return -1;
    const char *const words[] = {
        benchmark, "-s", socket, "-q",   "-n", "20000", "-c", "8",
        "-P",      "8",  "-r",   "5000", "-d", "100",   "-t", "set,get,lpush,lpop,hset",
        NULL};
    const char *const bye[] = {cli, "-s", socket, "shutdown", "nosave", NULL};
    struct strings argv = {0}, farewell = {0};
    for (int i = 0; words[i] != NULL; i++)
        strings_add(arena, &argv, words[i]);
    for (int i = 0; bye[i] != NULL; i++)
        strings_add(arena, &farewell, bye[i]);
    struct hyperfine_call call = make_call(arena, timing, campaign, place);
    call.argv = argv.at;
    call.environment = measure_environment(arena, &none, &plain, NULL).at;
    timing->client = (struct server_client){
        .call = call,
        .farewell = farewell.at,
        .notify = arena_printf(arena, "%s/notify", timing->scratch),
    };
    return server_client_start(&timing->client, problem);
}

static enum campaign_end before(void *context, struct campaign *campaign, const struct place *place,
                                struct problem *problem)
{
    struct timing *timing = context;
    const char *name = campaign->cells.at[place->cell].workload;
    if (!program_find(name)->is_server)
        return CAMPAIGN_DONE;
    return start_client(timing, campaign, place, problem) == 0 ? CAMPAIGN_DONE : CAMPAIGN_STOPPED;
}

/* What a round says is stored at once, so that an interrupt loses nothing. */
static int take_round(struct timing *timing, struct campaign *campaign, int cell,
                      const struct hyperfine_call *call, enum hyperfine_end end,
                      struct problem *problem)
{
    struct arena *arena = timing->bench->arena;
    struct program_row *row = &timing->rows[cell];
    const int before = row->sum.runs;
    if (row->command == NULL)
        row->command = arena_copy(arena, hyperfine_command(&timing->passing, call));
    if (end == HYPERFINE_DONE &&
        hyperfine_add(&timing->passing, call->file, &row->sum, problem) == 0) {
        timing->rounds[cell][row->sum.rounds - 1] =
            programs_round_median(&timing->passing, row->sum.result, before);
    } else {
        row->failures++;
        if (row->reason == NULL)
            row->reason = arena_copy(arena, problem->text);
        fprintf(stderr, "%s under %s: %s\n", row->name, row->allocator, problem->text);
    }
    return store_put_program(campaign->store, campaign->session.id, row, problem);
}

static enum campaign_end after(void *context, struct campaign *campaign, const struct place *place,
                               const struct sample *sample, struct problem *problem)
{
    struct timing *timing = context;
    const bool is_ok = sample != NULL && sample->status == SAMPLE_OK;
    const bool is_server = timing->client.driver > 0;
    enum campaign_end result = CAMPAIGN_DONE;
    enum hyperfine_end end = HYPERFINE_FAILED;
    struct hyperfine_call call = timing->client.call;
    if (is_server)
        end = server_client_end(&timing->client, is_ok, problem);
    if (is_ok && !is_server) {
        call = make_call(&timing->passing, timing, campaign, place);
        end = hyperfine_run(&timing->passing, &call, problem);
    }
    /* Of a sample that is not ok its own row says why. */
    if (is_ok && end == HYPERFINE_INTERRUPTED)
        result = CAMPAIGN_INTERRUPTED;
    else if (is_ok && take_round(timing, campaign, place->cell, &call, end, problem) != 0)
        result = CAMPAIGN_STOPPED;
    arena_free(&timing->passing);
    return result;
}

/* In the folder that the report of the session is written to: folder_name() of reports/pages/ names
 * it alike. */
static int make_folders(struct timing *timing, const struct campaign *campaign,
                        struct problem *problem)
{
    struct arena *arena = timing->bench->arena;
    char *started = arena_copy(arena, campaign->session.started_utc);
    for (char *at = started; (at = strpbrk(at, ":.")) != NULL;)
        *at = '-';
    const char *session =
        arena_printf(arena, "%s/%s_session-%lld", bench_results_folder(timing->bench), started,
                     (long long)campaign->session.id);
    timing->kept = arena_printf(arena, "%s/hyperfine", session);
    if ((mkdir(session, 0777) != 0 && errno != EEXIST) ||
        (mkdir(timing->kept, 0777) != 0 && errno != EEXIST))
        return problem_set(problem, "cannot make the folder %s: %s", timing->kept, strerror(errno));
    return 0;
}

static int begin(struct timing *timing, struct campaign *campaign, struct problem *problem)
{
    struct bench *bench = timing->bench;
    const size_t count = (size_t)campaign->cells.count;
    int *measured = arena_alloc(bench->arena, count * sizeof *measured), measured_count = 0;
    timing->rows = arena_alloc(bench->arena, count * sizeof *timing->rows);
    timing->rounds = arena_alloc(bench->arena, count * sizeof *timing->rounds);
    timing->round_count = (int)bench->options.repeats;
    for (int i = 0; i < campaign->cells.count; i++) {
        const struct cell *cell = &campaign->cells.at[i];
        timing->rows[i] =
            (struct program_row){.allocator = cell->allocator.name, .name = cell->workload};
        timing->rounds[i] = arena_alloc(bench->arena, (size_t)timing->round_count * sizeof(double));
        if (cell->allocator.missing == NULL)
            measured[measured_count++] = i;
    }
    campaign_add_facts(bench, campaign);
    campaign->session.seed =
        bench->options.seed > 0 ? (uint64_t)bench->options.seed : random_fresh_seed();
    campaign->plan = plan_complete_blocks(bench->arena, measured, measured_count,
                                          timing->round_count, campaign->session.seed);
    return campaign_begin(bench, campaign, "exec", "programs", problem) != 0
               ? -1
               : make_folders(timing, campaign, problem);
}

static int report(struct timing *timing, struct campaign *campaign, struct problem *problem)
{
    struct arena *arena = timing->bench->arena;
    const struct session *session = &campaign->session;
    struct samples samples;
    if (store_load_samples(campaign->store, arena, session, &campaign->cells, &samples, problem) !=
        0)
        return bench_fail(timing->bench, problem);
    const struct programs_table table =
        programs_table_make(arena, &campaign->cells, &samples, timing->rows, timing->rounds);
    if (timing->bench->options.json) {
        json_print(json_pack("{s:s, s:I, s:s, s:I, s:i, s:o, s:o, s:o}", "command", "programs",
                             "session", (json_int_t)session->id, "database",
                             store_path(campaign->store), "seed", (json_int_t)session->seed,
                             "exit_code", (int)table.exit_code, "programs",
                             programs_table_json(&table), "prewarm", programs_prewarm_json(&table),
                             "noise", noise_json(&campaign->noise, &campaign->readings)));
        return (int)table.exit_code;
    }
    programs_table_print(arena, &table);
    noise_print(&campaign->noise, &campaign->readings, stdout);
    printf("%s\n%s · session %lld · seed %llu\n", timing->kept, store_path(campaign->store),
           (long long)session->id, (unsigned long long)session->seed);
    return (int)table.exit_code;
}

static int measure(struct timing *timing, struct campaign *campaign, struct problem *problem)
{
    timing->company =
        (struct campaign_company){.context = timing, .before = before, .after = after};
    campaign->company = &timing->company;
    if (choose(timing, campaign, problem) != 0 ||
        campaign_open(timing->bench, campaign, problem) != 0 ||
        begin(timing, campaign, problem) != 0)
        return bench_fail(timing->bench, problem);
    switch (campaign_run(timing->bench, campaign, problem)) {
    case CAMPAIGN_DONE:
        return report(timing, campaign, problem);
    case CAMPAIGN_INTERRUPTED:
        fputs("interrupted: the next call starts anew\n", stderr);
        return EXIT_INTERRUPTED;
    default:
        return bench_fail(timing->bench, problem);
    }
}

/* A folder for sockets, whose paths must be short. */
static int make_scratch(struct timing *timing, struct problem *problem)
{
    const char *folder = getenv("TMPDIR");
    char *path = arena_printf(timing->bench->arena, "%s/hakbench-XXXXXX",
                              folder != NULL && *folder != '\0' ? folder : "/tmp");
    if (mkdtemp(path) == NULL)
        return problem_set(problem, "cannot make the folder %s: %s: set TMPDIR to another", path,
                           strerror(errno));
    timing->scratch = path;
    return 0;
}

/* Nothing but sockets was in it. */
static void remove_scratch(struct timing *timing)
{
    if (timing->scratch == NULL)
        return;
    unlink(arena_printf(timing->bench->arena, "%s/redis.sock", timing->scratch));
    rmdir(timing->scratch);
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    struct timing timing = {.bench = bench};
    const int code = make_scratch(&timing, problem) == 0 ? measure(&timing, campaign, problem) : -1;
    remove_scratch(&timing);
    arena_free(&timing.passing);
    return code;
}

int command_programs(int argc, char *const *argv)
{
    const struct task task = {.help = help,
                              .print_more = print_more,
                              .options = accepted,
                              .takes_words = true,
                              .run = run};
    return task_command(&task, argc, argv);
}
