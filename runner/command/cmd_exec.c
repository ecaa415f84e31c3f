#include "runner/command/commands.h"
#include "runner/job/whole.h"
#include "runner/subject/programs.h"
#include "runner/table/kpi_table.h"
#include "runner/table/table.h"

static int choose(struct bench *bench, struct campaign *campaign, const char **program,
                  struct strings *arguments, struct problem *problem)
{
    const struct options *options = &bench->options;
    if (options->positional.count > 0 || options->rest.count == 0)
        return problem_set(problem, "put the command behind --: hakbench exec -- COMMAND");
    for (int i = 1; i < options->rest.count; i++)
        strings_add(bench->arena, arguments, options->rest.at[i]);
    campaign->shows_first = options->show_output;
    return program_find_binary(bench->arena, options->rest.at[0], program, problem);
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
