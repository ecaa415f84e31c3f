/* Micro-benchmarks of malloc: one call, or one pattern of calls, at a time. Run it under any
 * allocator by LD_PRELOAD; `hakbench micro` does so for all of them.
 */
#include "runner/base/random.h"
#include "runner/micro/gbench_shim.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    THREADS_MAX = 4,
    CASES_MAX = 128,
    NAME_MAX_BYTES = 48,
    LABEL_MAX_BYTES = 96,
    GROUP = 64, /* operations between two questions whether to go on */
    BATCH_MAX = 65536,
    BATCH_BYTES = 64,
    PAGE_BYTES = 4096,
    SHUFFLE_SEED = 1,
    HANDOVER_BLOCKS = 256, /* handed over at a time */
    HANDOVER_BATCHES = 8,  /* on the way at a time */
};

enum order { ORDER_FIFO, ORDER_LIFO, ORDER_RANDOM };

struct micro_case {
    char name[NAME_MAX_BYTES], label[LABEL_MAX_BYTES];
    size_t bytes;     /* of a block; of realloc: to where it grows */
    size_t alignment; /* of aligned */
    size_t step;      /* of realloc: bytes more each time, 0: doubles */
    int count;        /* of batch: blocks held at once */
    enum order order; /* in which they are freed */
};

/* The harness's memory is static, so that it is no part of any heap. */
static struct micro_case cases[CASES_MAX];
static int case_count;
static char *slots[THREADS_MAX][BATCH_MAX];
static int orders[THREADS_MAX][BATCH_MAX];

/* A producer and a consumer meet here. `room` and `filled` count batches; between two runs all are
 * room, because both sides are told to go on equally often. */
struct channel {
    sem_t room, filled;
    char *blocks[HANDOVER_BATCHES][HANDOVER_BLOCKS];
};
static struct channel channels[THREADS_MAX / 2];

/* What every program does with a block: uses it. Also proves to the compiler that it is needed. */
static inline char *touch(void *block, size_t bytes)
{
    if (block == NULL) {
        fprintf(stderr, "micro: no memory for %zu bytes\n", bytes);
        _Exit(EXIT_FAILURE);
    }
    *(volatile char *)block = 1;
    return block;
}

static void run_pair(struct gbench_state *state, const void *context)
{
    const size_t bytes = ((const struct micro_case *)context)->bytes;
    while (gbench_goes_on(state, GROUP))
        for (int i = 0; i < GROUP; i++)
            free(touch(malloc(bytes), bytes));
}

static void run_calloc(struct gbench_state *state, const void *context)
{
    const size_t bytes = ((const struct micro_case *)context)->bytes;
    while (gbench_goes_on(state, GROUP))
        for (int i = 0; i < GROUP; i++) {
            char *block = touch(calloc(1, bytes), bytes);
            /* Pages that come as zeroes from the kernel cost when they are used. */
            for (size_t at = PAGE_BYTES; at < bytes; at += PAGE_BYTES)
                *(volatile char *)&block[at] = 1;
            free(block);
        }
}

static void run_aligned(struct gbench_state *state, const void *context)
{
    const struct micro_case *self = context;
    const size_t bytes = self->bytes, alignment = self->alignment;
    while (gbench_goes_on(state, GROUP))
        for (int i = 0; i < GROUP; i++)
            free(touch(aligned_alloc(alignment, bytes), bytes));
}

static size_t next_size(size_t bytes, size_t step)
{
    return step > 0 ? bytes + step : 2 * bytes;
}

static void run_realloc(struct gbench_state *state, const void *context)
{
    const struct micro_case *self = context;
    enum { START_BYTES = 16 };
    int steps = 0;
    for (size_t bytes = START_BYTES; bytes < self->bytes; bytes = next_size(bytes, self->step))
        steps++;
    while (gbench_goes_on(state, steps)) {
        char *block = touch(malloc(START_BYTES), START_BYTES);
        size_t bytes = START_BYTES;
        for (int i = 0; i < steps; i++) {
            bytes = next_size(bytes, self->step);
            block = touch(realloc(block, bytes), bytes);
            block[bytes - 1] = 1;
        }
        free(block);
    }
}

static void fill_order(int *order, int count, enum order kind)
{
    struct random random = random_from_seed(SHUFFLE_SEED);
    for (int i = 0; i < count; i++)
        order[i] = kind == ORDER_LIFO ? count - 1 - i : i;
    for (int i = count - 1; i > 0 && kind == ORDER_RANDOM; i--) {
        const int j = (int)random_below(&random, (uint64_t)i + 1);
        const int swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

static void run_batch(struct gbench_state *state, const void *context)
{
    const struct micro_case *self = context;
    const int count = self->count;
    char **held = slots[gbench_thread(state)];
    int *order = orders[gbench_thread(state)];
    fill_order(order, count, self->order);
    while (gbench_goes_on(state, count)) {
        for (int i = 0; i < count; i++)
            held[i] = touch(malloc(BATCH_BYTES), BATCH_BYTES);
        for (int i = 0; i < count; i++)
            free(held[order[i]]);
    }
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        continue; /* a signal */
}

/* Even threads produce, odd ones consume; both count the blocks, so a block is an operation of
 * each. */
static void run_handover(struct gbench_state *state, const void *context)
{
    const size_t bytes = ((const struct micro_case *)context)->bytes;
    const int thread = gbench_thread(state);
    struct channel *channel = &channels[thread / 2];
    const bool produces = thread % 2 == 0;
    for (int batch = 0; gbench_goes_on(state, HANDOVER_BLOCKS);
         batch = (batch + 1) % HANDOVER_BATCHES) {
        char **blocks = channel->blocks[batch];
        wait_for(produces ? &channel->room : &channel->filled);
        for (int i = 0; i < HANDOVER_BLOCKS; i++) {
            if (produces)
                blocks[i] = touch(malloc(bytes), bytes);
            else
                free(blocks[i]);
        }
        sem_post(produces ? &channel->filled : &channel->room);
    }
}

/* The case is copied. */
static void add(gbench_run *run, int threads, const struct micro_case *settings)
{
    if (case_count == CASES_MAX) {
        fputs("micro: CASES_MAX is too small\n", stderr);
        abort();
    }
    struct micro_case *added = &cases[case_count++];
    *added = *settings;
    gbench_add(added->name, added->label, run, added, threads);
}

static void add_pairs(int threads)
{
    static const size_t sizes[] = {8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536, 1048576};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct micro_case self = {.bytes = sizes[i]};
        snprintf(self.name, sizeof self.name, "pair/%zu", self.bytes);
        snprintf(self.label, sizeof self.label, "malloc, write a byte, free");
        add(run_pair, threads, &self);
    }
}

static void add_callocs(int threads)
{
    static const size_t sizes[] = {64, 1024, 16384, 1048576};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct micro_case self = {.bytes = sizes[i]};
        snprintf(self.name, sizeof self.name, "calloc/%zu", self.bytes);
        snprintf(self.label, sizeof self.label, "calloc, write a byte per page, free");
        add(run_calloc, threads, &self);
    }
}

static void add_aligned(int threads)
{
    static const size_t shapes[][2] = {{64, 64}, {64, 1024}, {4096, 4096}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct micro_case self = {.alignment = shapes[i][0], .bytes = shapes[i][1]};
        snprintf(self.name, sizeof self.name, "aligned/%zu/%zu", self.alignment, self.bytes);
        snprintf(self.label, sizeof self.label, "aligned_alloc to %zu, write a byte, free",
                 self.alignment);
        add(run_aligned, threads, &self);
    }
}

static void add_reallocs(int threads)
{
    static const struct {
        size_t bytes, step;
    } growths[] = {{4096, 16}, {65536, 0}, {1048576, 0}};
    for (size_t i = 0; i < sizeof growths / sizeof *growths; i++) {
        struct micro_case self = {.bytes = growths[i].bytes, .step = growths[i].step};
        snprintf(self.name, sizeof self.name, "realloc_%s/%zu", self.step > 0 ? "step" : "double",
                 self.bytes);
        snprintf(self.label, sizeof self.label, "a realloc of one block from 16 bytes up by %s",
                 self.step > 0 ? "16" : "doubling");
        add(run_realloc, threads, &self);
    }
}

static void add_batches(int threads)
{
    static const char *const order_names[] = {"fifo", "lifo", "random"};
    static const int counts[] = {16, 256, 4096, BATCH_MAX};
    for (int order = ORDER_FIFO; order <= ORDER_RANDOM; order++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            struct micro_case self = {.count = counts[i], .order = (enum order)order};
            snprintf(self.name, sizeof self.name, "batch_%s/%d", order_names[order], self.count);
            snprintf(self.label, sizeof self.label,
                     "a block of %d bytes: %d are allocated, then freed", BATCH_BYTES, self.count);
            add(run_batch, threads, &self);
        }
}

static void add_handovers(int threads)
{
    static const size_t sizes[] = {16, 64, 1024, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct micro_case self = {.bytes = sizes[i]};
        snprintf(self.name, sizeof self.name, "handover/%zu", self.bytes);
        snprintf(self.label, sizeof self.label,
                 "a block allocated by one thread, freed by another");
        add(run_handover, threads, &self);
    }
}

static const char help[] =
    "Micro-benchmarks of malloc, by Google Benchmark; hakbench micro runs them under every\n"
    "allocator. Names are FAMILY/NUMBERS[/threads:N]; an iteration is one operation:\n"
    "  pair/BYTES, calloc/BYTES, aligned/ALIGNMENT/BYTES   allocate a block and free it\n"
    "  realloc_double/BYTES, realloc_step/BYTES            one realloc on the way from 16 to "
    "BYTES\n"
    "  batch_fifo|lifo|random/COUNT                        one of COUNT blocks of 64 bytes, freed\n"
    "                                                      in that order when all are allocated\n"
    "  handover/BYTES                                      a block from one thread to another\n"
    "  --announce                                          names on stderr as they begin\n\n";

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        sem_init(&channels[i].room, 0, HANDOVER_BATCHES);
        sem_init(&channels[i].filled, 0, 0);
    }
    /* Whatever needs one thread first: a C library that has seen a second one locks ever after. */
    for (int threads = 1; threads <= 2; threads++) {
        add_pairs(threads);
        add_callocs(threads);
        add_aligned(threads);
        add_reallocs(threads);
        add_batches(threads); /* last, for they leave the fullest heap behind */
    }
    for (int threads = 2; threads <= THREADS_MAX; threads += 2)
        add_handovers(threads);
    return gbench_main(argc, argv, help);
}
