/* sh8bench: bulk phases of mixed sizes in several threads, and blocks that migrate.
 *
 * Written from a description of the classic benchmark's behaviour. Each worker fills its slots
 * with blocks of a fixed mix of sizes and, when they are full, frees most of them at once (heap.h).
 * Meanwhile the main thread allocates 8-byte blocks which the workers free (eights.h). A round is
 * the given number of iterations and of 8-byte blocks; a run by time, or by a number of
 * operations, repeats rounds. */
#include <pthread.h>
#include <sched.h>

#include "workloads/probe.h"
#include "workloads/report.h"
#include "workloads/rng.h"
#include "workloads/sh8bench/eights.h"
#include "workloads/sh8bench/heap.h"

/* Between two iterations a worker frees no more 8-byte blocks than this, so that a main thread
 * that keeps ahead of it cannot keep it from its own work. */
#define EIGHTS_PER_ITERATION (4 * EIGHTS_RUN)

struct worker {
    struct heap heap;
    struct eights_reader reader;
    uint64_t iterations; /* a round */
} __attribute__((aligned(128)));

struct sh8bench {
    struct options options;
    uint64_t iterations, slots;
    struct eights eights;
    struct worker *workers;
    /* Two crossings end a round: after the first, main alone is at work and decides `stop`. */
    pthread_barrier_t round;
    bool stop;
    uint64_t rounds, eights_made;
};

static void work_round(struct sh8bench *bench, struct worker *worker)
{
    uint64_t left = worker->iterations;
    eights_rewind(&bench->eights, &worker->reader);
    for (;;) {
        if (left > 0 && probe_time_is_up()) {
            left = 0;
        }
        if (left > 0) {
            uint64_t before = worker->heap.allocs;
            heap_iterate(&worker->heap);
            probe_progress(worker->heap.allocs - before);
            left--;
        }
        uint64_t freed = eights_free(&bench->eights, &worker->reader, EIGHTS_PER_ITERATION);
        if (left == 0 && eights_done(&bench->eights, &worker->reader)) {
            return;
        }
        /* Nothing to do until main has made more: let it have the processor. */
        if (left == 0 && freed == 0) {
            sched_yield();
        }
    }
}

static void work(void *context, unsigned index)
{
    struct sh8bench *bench = context;
    struct worker *worker = &bench->workers[index];
    bool stop = false;
    while (!stop) {
        work_round(bench, worker);
        pthread_barrier_wait(&bench->round);
        pthread_barrier_wait(&bench->round);
        stop = bench->stop;
    }
    heap_finish(&worker->heap);
}

static uint64_t count_allocs(const struct sh8bench *bench)
{
    uint64_t allocs = bench->eights_made;
    for (uint64_t i = 0; i < bench->options.threads; i++) {
        allocs += bench->workers[i].heap.allocs;
    }
    return allocs;
}

static void lead(void *context)
{
    struct sh8bench *bench = context;
    while (!bench->stop) {
        bench->eights_made += eights_publish(&bench->eights);
        pthread_barrier_wait(&bench->round);
        bench->rounds++;
        bool by_time = bench->options.duration_ns > 0;
        bench->stop = by_time ? probe_time_is_up() : count_allocs(bench) >= bench->options.ops;
        eights_restart(&bench->eights);
        pthread_barrier_wait(&bench->round);
    }
}

static void make_workers(struct sh8bench *bench)
{
    uint64_t threads = bench->options.threads;
    bench->workers = probe_memory(threads * sizeof *bench->workers);
    for (uint64_t i = 0; i < threads; i++) {
        struct worker *worker = &bench->workers[i];
        struct heap *heap = &worker->heap;
        heap->slot_count = bench->slots / threads + (i < bench->slots % threads);
        heap->slots = probe_memory(heap_slots_bytes(heap->slot_count));
        heap->kinds = probe_memory(heap_kinds_bytes(heap->slot_count));
        heap->tag = i << 32;
        heap->audit = bench->options.audit;
        heap_start(heap, bench->options.seed);
        worker->reader.index = (unsigned)i;
        worker->iterations = bench->iterations / threads + (i < bench->iterations % threads);
    }
    struct eights *eights = &bench->eights;
    eights->slots = eights->count > 0 ? probe_memory(eights->count * sizeof *eights->slots) : NULL;
    eights->threads = (unsigned)threads;
    eights->audit = bench->options.audit;
    eights_restart(eights);
    pthread_barrier_init(&bench->round, NULL, (unsigned)threads + 1);
}

static int measure(struct sh8bench *bench)
{
    make_workers(bench);
    struct probe_job job = {
        .run = work, .lead = lead, .context = bench, .threads = (unsigned)bench->options.threads};
    struct report report = {.options = &bench->options};
    report.reading = probe_measure(&bench->options, &job);
    uint64_t held_blocks_max = 0, held_bytes_max = 0, eights_freed = 0;
    for (uint64_t i = 0; i < bench->options.threads; i++) {
        const struct worker *worker = &bench->workers[i];
        eights_freed += worker->reader.frees;
        report.frees += worker->heap.frees + worker->reader.frees;
        report.audit_errors += worker->heap.audit_errors + worker->reader.audit_errors;
        report.checksum += rng_mix(worker->heap.checksum + worker->reader.checksum + i);
        held_blocks_max += worker->heap.held_blocks_max;
        held_bytes_max += worker->heap.held_bytes_max;
    }
    report.allocs = count_allocs(bench);
    report.ops = report.allocs;
    report.audit_errors += eights_freed != bench->eights_made;
    struct report_item params[] = {{.name = "iterations", .number = bench->iterations},
                                   {.name = "slots", .number = bench->slots},
                                   {.name = "eights", .number = bench->eights.count}};
    struct report_item result[] = {{.name = "rounds", .number = bench->rounds},
                                   {.name = "eights_freed", .number = eights_freed},
                                   {.name = "held_blocks_max", .number = held_blocks_max},
                                   {.name = "held_bytes_max", .number = held_bytes_max}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

int main(int argc, char **argv)
{
    static struct sh8bench bench = {
        .options =
            {.program = "sh8bench",
             .about = "Bulk phases of mixed sizes in workers, which also free 8-byte blocks of the "
                      "main thread.",
             .ops_help = "repeat rounds until so many blocks were made (absent: one round)",
             .threads = 2,
             .seed = 1},
        .iterations = 20000,
        .slots = 1000000,
        .eights = {.count = 10000000}};
    const struct option own[] = {
        {"--iterations", OPTION_NUMBER, &bench.iterations, 0, UINT64_C(1) << 40, "N",
         "iterations of a round, all threads together"},
        {"--slots", OPTION_NUMBER, &bench.slots, HEAP_SLOTS_MIN, UINT64_C(1) << 28, "N",
         "block slots, divided among the threads"},
        {"--eights", OPTION_NUMBER, &bench.eights.count, 0, UINT64_C(1) << 28, "N",
         "8-byte blocks of a round, made by the main thread"},
    };
    options_parse(&bench.options, own, sizeof own / sizeof *own, argc, argv);
    if (bench.slots / bench.options.threads < HEAP_SLOTS_MIN) {
        options_fail(&bench.options, "--slots %llu gives %llu threads fewer than %d slots each",
                     (unsigned long long)bench.slots, (unsigned long long)bench.options.threads,
                     HEAP_SLOTS_MIN);
    }
    if (bench.iterations == 0 && bench.eights.count == 0) {
        options_fail(&bench.options, "--iterations 0 and --eights 0 leave nothing to do");
    }
    return measure(&bench);
}
