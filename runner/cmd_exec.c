#include "runner/commands.h"
#include "runner/kpi_table.h"
#include "runner/table.h"
#include "runner/whole.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* As a shell finds it. */
static int find_program(struct arena *arena, const char *name, const char **program,
                        struct problem *problem)
{
    if (strchr(name, '/') != NULL) {
        if (!is_program(name))
            return problem_set(problem, "%s is no executable file: name another", name);
        char *real = realpath(name, NULL);
        *program = real != NULL ? arena_copy(arena, real) : name;
        free(real);
        return 0;
    }
    struct strings folders = {0};
    const char *path = getenv("PATH");
    strings_split(arena, &folders, path != NULL ? path : "/usr/bin:/bin", ":");
    for (int i = 0; i < folders.count; i++) {
        *program = arena_printf(arena, "%s/%s", folders.at[i], name);
        if (is_program(*program))
            return 0;
    }
    return problem_set(problem, "%s is not in PATH: name an executable", name);
}

static int choose(struct bench *bench, struct campaign *campaign, const char **program,
                  struct strings *arguments, struct problem *problem)
{
    const struct options *options = &bench->options;
    if (options->positional.count > 0 || options->rest.count == 0)
        return problem_set(problem, "put the command behind --: hakbench exec -- COMMAND");
    for (int i = 1; i < options->rest.count; i++)
        strings_add(bench->arena, arguments, options->rest.at[i]);
    campaign->shows_first = options->show_output;
    return find_program(bench->arena, options->rest.at[0], program, problem);
}

static int tell(const struct bench *bench, const struct campaign *campaign,
                const struct summary *summary, json_t *object, struct problem *problem)
{
    struct kpi_results kpis;
    if (store_load_kpis(campaign->store, bench->arena, &campaign->session, &campaign->cells, &kpis,
                        problem) != 0)
        return -1;
    if (object != NULL) {
        json_object_set_new(object, "kpis", kpi_table_json(bench->arena, &campaign->cells, &kpis));
        return 0;
    }
    table_print(bench->arena, &bench->catalog, summary, SUMMARY_WALL);
    kpi_table_print(bench->arena, &campaign->cells, &kpis);
    return 0;
}

static const struct whole_design design = {
    .command = "exec",
    .help =
        "usage: hakbench exec [options] -- COMMAND [arguments]\n"
        "\n"
        "Runs any program under hakmem and all peers, in randomised complete blocks, and shows\n"
        "time, page faults and memory of the whole process, and what hakmem counted in the first\n"
        "process of it. What it prints is dropped, its standard input is empty.\n",
    .workload = "exec",
    .options = OPTION_ALLOCATORS | OPTION_REPEATS | OPTION_SEED | OPTION_RESULTS | OPTION_TIMEOUT |
               OPTION_WAIT | OPTION_SHOW_OUTPUT | OPTION_MATRIX,
    .choose = choose,
    .tell = tell,
};

int command_exec(int argc, char *const *argv)
{
    return whole_command(&design, argc, argv);
}
