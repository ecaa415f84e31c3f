#include "workloads/sh8bench/worker.h"

#include <pthread.h>
#include <sched.h>

/* Between two iterations a worker frees no more 8-byte blocks than this, so that a main thread
 * that keeps ahead of it cannot keep it from its own work. */
#define EIGHTS_PER_ITERATION (4 * EIGHTS_RUN)

struct bench bench = {.iterations = 20000, .slots = 1000000, .eights = {.count = 10000000}};

/* Two crossings end a round: after the first, main alone is at work and decides `stop`. */
static pthread_barrier_t round_end;
static bool stop;

static void work_round(struct worker *worker)
{
    uint64_t left = worker->iterations;
    eights_rewind(&bench.eights, &worker->reader);
    for (;;) {
        if (left > 0 && probe_time_is_up()) {
            left = 0;
        }
        if (left > 0) {
            uint64_t before = worker->heap.base.allocs;
            heap_iterate(&worker->heap);
            probe_progress(worker->heap.base.allocs - before);
            left--;
        }
        uint64_t freed = eights_free(&bench.eights, &worker->reader, EIGHTS_PER_ITERATION);
        if (left == 0 && eights_done(&bench.eights, &worker->reader)) {
            return;
        }
        /* Nothing to do until main has made more: let it have the processor. */
        if (left == 0 && freed == 0) {
            sched_yield();
        }
    }
}

void worker_run(void *context)
{
    struct worker *worker = context;
    for (bool over = false; !over; over = stop) {
        work_round(worker);
        pthread_barrier_wait(&round_end);
        pthread_barrier_wait(&round_end);
    }
    heap_finish(&worker->heap);
}

void worker_lead(const struct frame *frame)
{
    const struct worker *workers = frame->lanes;
    while (!stop) {
        bench.eights_made += eights_publish(&bench.eights);
        pthread_barrier_wait(&round_end);
        bench.rounds++;
        uint64_t allocs = bench.eights_made;
        for (uint64_t i = 0; i < frame->options.threads; i++) {
            allocs += workers[i].heap.base.allocs;
        }
        bool by_time = frame->options.duration_ns > 0;
        stop = by_time ? probe_time_is_up() : allocs >= frame->options.ops;
        eights_restart(&bench.eights);
        pthread_barrier_wait(&round_end);
    }
}

void worker_start(void *context)
{
    struct worker *worker = context;
    struct heap *heap = &worker->heap;
    uint64_t threads = heap->base.options->threads, index = heap->base.index;
    heap->slot_count = frame_share(bench.slots, threads, index);
    heap->slots = probe_memory(heap_slots_bytes(heap->slot_count));
    heap->kinds = probe_memory(heap_kinds_bytes(heap->slot_count));
    heap->tag = index << 32;
    heap_start(heap, heap->base.options->seed);
    worker->reader.index = (unsigned)index;
    worker->iterations = frame_share(bench.iterations, threads, index);
}

/* The 8-byte blocks are nobody's but the round's. */
void worker_clean(void *context)
{
    struct worker *worker = context;
    worker->heap.base.frees += worker->reader.frees;
    worker->heap.base.audit_errors += worker->reader.audit_errors;
    worker->heap.base.checksum += worker->reader.checksum;
}

void worker_finish(const struct frame *frame, struct report *report)
{
    (void)frame;
    report->allocs += bench.eights_made;
}

void worker_prepare(const struct options *options)
{
    bench.eights.slots = bench.eights.count > 0
                             ? probe_memory(bench.eights.count * sizeof *bench.eights.slots)
                             : NULL;
    bench.eights.threads = (unsigned)options->threads;
    bench.eights.audit = options->audit;
    eights_restart(&bench.eights);
    pthread_barrier_init(&round_end, NULL, bench.eights.threads + 1);
}
