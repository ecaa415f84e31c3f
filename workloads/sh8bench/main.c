/* sh8bench: bulk phases of mixed sizes in several threads, and blocks that migrate.
 *
 * Written from a description of the classic benchmark's behaviour. Each worker fills its slots
 * with blocks of a fixed mix of sizes and, when they are full, frees most of them at once (heap.h).
 * Meanwhile the main thread allocates 8-byte blocks which the workers free (eights.h). A round is
 * the given number of iterations and of 8-byte blocks; a run by time, or by a number of
 * operations, repeats rounds. */
#include "workloads/sh8bench/worker.h"

static const struct option own[] = {
    {"--iterations", OPTION_NUMBER, &bench.iterations, 0, UINT64_C(1) << 40, "N",
     "iterations of a round, all threads together"},
    {"--slots", OPTION_NUMBER, &bench.slots, HEAP_SLOTS_MIN, UINT64_C(1) << 28, "N",
     "block slots, divided among the threads"},
    {"--eights", OPTION_NUMBER, &bench.eights.count, 0, UINT64_C(1) << 28, "N",
     "8-byte blocks of a round, made by the main thread"},
};

static const struct frame_result results[] = {
    {.name = "rounds", .kind = FRAME_NUMBER, .value = &bench.rounds},
    {.name = "eights_freed", .offset = offsetof(struct worker, reader.frees)},
    {.name = "held_blocks_max", .offset = offsetof(struct worker, heap.held_blocks_max)},
    {.name = "held_bytes_max", .offset = offsetof(struct worker, heap.held_bytes_max)},
};

static void prepare(struct frame *frame)
{
    unsigned long long threads = frame->options.threads;
    if (bench.slots / threads < HEAP_SLOTS_MIN) {
        options_fail(&frame->options, "--slots %llu gives %llu threads fewer than %d slots each",
                     (unsigned long long)bench.slots, threads, HEAP_SLOTS_MIN);
    }
    if (bench.iterations == 0 && bench.eights.count == 0) {
        options_fail(&frame->options, "--iterations 0 and --eights 0 leave nothing to do");
    }
    worker_prepare(&frame->options);
}

static struct frame frame = {
    .own = FRAME_TABLE(own),
    .results = FRAME_TABLE(results),
    .prepare = prepare,
    .lane = {sizeof(struct worker), worker_start, worker_run, worker_clean},
    .lead = worker_lead,
    .finish = worker_finish,
    .ops_are_allocs = true,
    .blocks_cross = true,
    .options = {.program = "sh8bench",
                .about = "Bulk phases of mixed sizes in workers, which also free 8-byte blocks of "
                         "the main thread.",
                .ops_help = "repeat rounds until so many blocks were made (absent: one round)",
                .threads = 2},
};

int main(int argc, char **argv)
{
    return frame_main(&frame, argc, argv);
}
