#include "runner/command/commands.h"
#include "runner/job/grid.h"
#include "runner/subject/allocator.h"

/* Both commands compare hakmem with its peers. Rows of one take turns inside a block, so that what
 * is compared is measured within seconds. */
enum {
    PEERS_OPTIONS = OPTION_MODE | OPTION_ALLOCATORS | OPTION_WORKLOADS | OPTION_BLOCKS |
                    OPTION_SEED | OPTION_RESULTS | OPTION_RESUME | OPTION_TIMEOUT | OPTION_WAIT |
                    OPTION_MATRIX | OPTION_ROWS,
};

/* hakmem itself the grid puts first. */
static void add_peers(struct arena *arena, const struct catalog *catalog, enum catalog_mode mode,
                      struct strings *names)
{
    (void)mode;
    allocators_add_peers(arena, catalog, names);
}

static const struct grid_design peers = {
    .help =
        "usage: hakbench peers [options]\n"
        "\n"
        "Measures the release default of hakmem beside every peer on every workload, for the\n"
        "table of ratios that `python3 -m reports peers` makes of the session. A block takes\n"
        "the workloads in random order, and on each all allocators in a random order and then\n"
        "in reverse (ABCCBA), so that drift cancels; 12 blocks unless --blocks says otherwise.\n"
        "--allocators names the peers; a variant of hakmem named first stands for hakmem.\n",
    .hint = "ratios: python3 -m reports peers",
    .kind = "compare",
    .mode = "peers",
    .options = PEERS_OPTIONS,
    .is_mirrored = true,
    .repeats = {12, 12, 12},
    .timeout_s = {60, 60, 120},
    .add_names = add_peers,
};

static const struct grid_design curves = {
    .help =
        "usage: hakbench curves [options]\n"
        "\n"
        "Measures hakmem and every peer along the cost curves of workloads/curves.txt: time per\n"
        "operation against live slots and against threads, in blocks like those of `hakbench\n"
        "peers`; 2 blocks unless --blocks says otherwise. `python3 -m reports peers` draws them.\n",
    .hint = "curves: python3 -m reports peers",
    .kind = "compare",
    .mode = "curves",
    .rows = "workloads/curves.txt",
    .options = PEERS_OPTIONS,
    .is_mirrored = true,
    .repeats = {2, 2, 2},
    .timeout_s = {60, 60, 60},
    .add_names = add_peers,
};

int command_peers(int argc, char *const *argv)
{
    return grid_command(&peers, argc, argv);
}

int command_curves(int argc, char *const *argv)
{
    return grid_command(&curves, argc, argv);
}
