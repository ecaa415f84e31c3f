/* A random trace of all operations against a shadow oracle: `trace [OPS [SEED [THREADS]]]`.
 *
 * The oracle knows each live block's place, usable size and pattern. It looks at the whole pattern
 * when a block is given back or moved, and now and then sorts all blocks to see that none overlap.
 */
#include <pthread.h>

#include "allocator/tests/check.h"

enum { SLOTS = 1500, SORT_EVERY = 8192, THREADS_MAX = 64 };

struct slot {
    uint8_t *start;
    size_t size;
    size_t usable;
    uint64_t seed;
};

struct trace {
    pthread_t thread;
    uint64_t random;
    size_t ops;
    struct slot *slots;
    struct slot *sorted;
};

/* Mostly small, some of every magnitude, rarely megabytes. */
static size_t random_size(uint64_t *random)
{
    uint64_t r = next_random(random);
    unsigned chance = (unsigned)(r & 1023);
    r >>= 10;
    if (chance < 700)
        return r % 520;
    if (chance < 950)
        return r % 3000;
    if (chance < 1015)
        return r % 40000;
    if (chance < 1023)
        return r % 300000;
    return r % 3000000;
}

static void fill(struct slot *slot, uint64_t *random, size_t alignment)
{
    CHECK(slot->start != NULL, "size %zu", slot->size);
    CHECK((uintptr_t)slot->start % alignment == 0, "%p, size %zu", (void *)slot->start, slot->size);
    slot->usable = malloc_usable_size(slot->start);
    CHECK(slot->usable >= slot->size, "%zu of %zu", slot->usable, slot->size);
    slot->seed = next_random(random);
    pattern_write(slot->start, slot->usable, slot->seed);
}

static void verify(const struct slot *slot, size_t bytes)
{
    size_t offset = pattern_check(slot->start, bytes, slot->seed);
    CHECK(offset == bytes, "%p, size %zu, usable %zu: byte %zu was overwritten",
          (void *)slot->start, slot->size, slot->usable, offset);
}

static void allocate(struct slot *slot, uint64_t *random)
{
    size_t size = slot->size = random_size(random), alignment = owed_alignment(size);
    void *out = NULL;
    switch (next_random(random) % 8) {
    case 0:
        slot->start = calloc(1, size);
        CHECK(slot->start && is_zero(slot->start, malloc_usable_size(slot->start)), "size %zu",
              size);
        break;
    case 1:
        alignment = (size_t)8 << next_random(random) % 12;
        slot->start = memalign(alignment, size);
        break;
    case 2:
        alignment = (size_t)8 << next_random(random) % 6;
        CHECK(posix_memalign(&out, alignment, size) == 0, "posix_memalign(%zu)", size);
        slot->start = out;
        break;
    default:
        slot->start = malloc(size);
    }
    fill(slot, random, alignment);
}

static void move(struct slot *slot, uint64_t *random)
{
    size_t size = random_size(random) + 1, kept = slot->size < size ? slot->size : size;
    slot->start = realloc(slot->start, size);
    CHECK_BLOCK(slot->start, size);
    verify(slot, kept);
    slot->size = size;
    fill(slot, random, owed_alignment(size));
}

/* Shell sort by address: the C library's qsort would allocate. */
static void check_overlap(const struct trace *trace)
{
    struct slot *sorted = trace->sorted;
    size_t n = 0;
    for (size_t i = 0; i < SLOTS; i++)
        if (trace->slots[i].start)
            sorted[n++] = trace->slots[i];
    for (size_t gap = 512; gap; gap /= 2)
        for (size_t i = gap; i < n; i++) {
            struct slot moving = sorted[i];
            size_t k = i;
            for (; k >= gap && sorted[k - gap].start > moving.start; k -= gap)
                sorted[k] = sorted[k - gap];
            sorted[k] = moving;
        }
    for (size_t i = 1; i < n; i++)
        CHECK(sorted[i - 1].start + sorted[i - 1].usable <= sorted[i].start,
              "%p with %zu usable bytes reaches into %p", (void *)sorted[i - 1].start,
              sorted[i - 1].usable, (void *)sorted[i].start);
}

static void *run_trace(void *argument)
{
    struct trace *trace = argument;
    for (size_t op = 1; op <= trace->ops; op++) {
        struct slot *slot = &trace->slots[next_random(&trace->random) % SLOTS];
        if (!slot->start) {
            allocate(slot, &trace->random);
        } else {
            verify(slot, slot->usable);
            if (next_random(&trace->random) % 4 == 0) {
                move(slot, &trace->random);
            } else {
                free(slot->start);
                slot->start = NULL;
            }
        }
        if (op % SORT_EVERY == 0 || op == trace->ops)
            check_overlap(trace);
    }
    for (size_t i = 0; i < SLOTS; i++)
        if (trace->slots[i].start) {
            verify(&trace->slots[i], trace->slots[i].usable);
            free(trace->slots[i].start);
        }
    return NULL;
}

int main(int argc, char **argv)
{
    check_identity();
    size_t ops = count_argument(argc, argv, 1, 60000);
    size_t seed = count_argument(argc, argv, 2, 1);
    size_t threads = count_argument(argc, argv, 3, 2);
    CHECK(threads >= 1 && threads <= THREADS_MAX, "1 .. %d threads", THREADS_MAX);
    struct trace *traces = book_new(threads * sizeof *traces);
    for (size_t i = 0; i < threads; i++) {
        traces[i].random = (seed * THREADS_MAX + i) * 0x9e3779b97f4a7c15ull + 1;
        traces[i].ops = ops;
        traces[i].slots = book_new(SLOTS * sizeof *traces[i].slots);
        traces[i].sorted = book_new(SLOTS * sizeof *traces[i].sorted);
        CHECK(pthread_create(&traces[i].thread, NULL, run_trace, &traces[i]) == 0, "thread %zu", i);
    }
    for (size_t i = 0; i < threads; i++)
        pthread_join(traces[i].thread, NULL);
    return 0;
}
