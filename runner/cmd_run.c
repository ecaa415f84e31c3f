#include "runner/allocator.h"
#include "runner/commands.h"
#include "runner/grid.h"
#include "runner/variants.h"

static void add_matrix(struct arena *arena, const struct catalog *catalog, enum catalog_mode mode,
                       struct strings *names)
{
    variants_of_mode(arena, catalog, mode, names);
    allocators_add_peers(arena, catalog, names);
}

static const struct grid_design design = {
    .command = "run",
    .help =
        "usage: hakbench run [options]\n"
        "\n"
        "Measures the matrix: the variants of hakmem that the mode takes and all peers, on every\n"
        "workload, each sample a fresh process, in randomised complete blocks. Every sample is\n"
        "stored at once; Ctrl-C loses nothing, --resume goes on.\n",
    .kind = "run",
    .options = OPTION_MODE | OPTION_ALLOCATORS | OPTION_WORKLOADS | OPTION_REPEATS | OPTION_SEED |
               OPTION_RESULTS | OPTION_RESUME | OPTION_TIMEOUT | OPTION_WAIT | OPTION_MATRIX |
               OPTION_ROWS,
    /* Tuned on two cores: quick ends within two minutes, default within fifteen. Six is the least
     * that gives the median an interval of 95 %. */
    .repeats = {3, 6, 10},
    .timeout_s = {30, 60, 120},
    .add_names = add_matrix,
};

int command_run(int argc, char *const *argv)
{
    return grid_command(&design, argc, argv);
}
