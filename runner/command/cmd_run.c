#include "runner/command/commands.h"
#include "runner/job/grid.h"
#include "runner/job/misuse_table.h"
#include "runner/subject/allocator.h"
#include "runner/subject/variants.h"

#include <stdio.h>

static void add_matrix(struct arena *arena, const struct catalog *catalog, enum catalog_mode mode,
                       struct strings *names)
{
    variants_of_set(arena, catalog, (enum catalog_set)mode, names);
    allocators_add_peers(arena, catalog, names);
}

/* The report of a whole matrix says what each set of layers sees, too. Not that of the quick one,
 * which has no time for it. */
static int add_misuse(const struct bench *bench, const struct campaign *campaign,
                      enum catalog_mode mode)
{
    struct misuse_stage stage = {0};
    struct strings names = {0};
    const struct strings all_cases = {0};
    struct problem problem = {0};
    if (mode == MODE_QUICK)
        return EXIT_PASS;
    misuse_add_names(bench->arena, &bench->catalog, &names);
    enum campaign_end end = CAMPAIGN_STOPPED;
    if (misuse_prepare(bench, &names, &all_cases, &stage, &problem) == 0)
        end = misuse_run(bench, campaign, &stage, &problem);
    if (end == CAMPAIGN_STOPPED)
        fprintf(stderr, "hakbench run: misuse: %s\n", problem.text);
    if (end != CAMPAIGN_DONE)
        return end == CAMPAIGN_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_USAGE;
    misuse_table_print_held(bench->arena, &stage, stderr);
    return misuse_exit_code(&stage);
}

static const struct grid_design design = {
    .help =
        "usage: hakbench run [options]\n"
        "\n"
        "Measures the matrix: the variants of hakmem that the mode takes and all peers, on every\n"
        "workload, each sample a fresh process, in randomised complete blocks. Every sample is\n"
        "stored at once; Ctrl-C loses nothing, --resume goes on. After that pass, which times no\n"
        "single operation, comes the latency pass, which does: the release default and all peers,\n"
        "or what --allocators names, on the same workloads. A whole matrix that is not quick\n"
        "ends with what `hakbench misuse` does.\n",
    .kind = "run",
    .options = OPTION_MODE | OPTION_ALLOCATORS | OPTION_WORKLOADS | OPTION_REPEATS | OPTION_SEED |
               OPTION_RESULTS | OPTION_RESUME | OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX |
               OPTION_ROWS | OPTION_PASS | OPTION_NO_KPI,
    /* Tuned on two cores: quick ends within two minutes, default within fifteen, full within two
     * hours. Six is the least that gives the median an interval of 95 %. */
    .repeats = {3, 6, 6},
    .timeout_s = {30, 60, 120},
    .latency_repeats = {1, 2, 2},
    .add_names = add_matrix,
    .add_stage = add_misuse,
};

int command_run(int argc, char *const *argv)
{
    return grid_command(&design, argc, argv);
}
