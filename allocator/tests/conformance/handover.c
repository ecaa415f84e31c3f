/* Blocks wander between threads: `handover [OPS [THREADS]]`. Each thread puts a block into a shared
 * slot and frees, moves or passes on the one that it finds there, made by whoever came before. */
#include <pthread.h>
#include <stdatomic.h>

#include "allocator/tests/check.h"

enum { SLOTS = 509, THREADS_MAX = 256 };

/* The first 8 bytes of a block say what it is, so that it can travel alone: size and seed. */
struct tag {
    uint32_t size;
    uint32_t seed;
};

static _Atomic(struct tag *) slots[SLOTS];
static size_t ops;

static void write_block(struct tag *block, size_t size, uint32_t seed)
{
    block->size = (uint32_t)size;
    block->seed = seed;
    pattern_write(block + 1, size - sizeof *block, seed);
}

static void check_block(struct tag *block)
{
    size_t rest = block->size - sizeof *block;
    CHECK(block->size >= sizeof *block && block->size <= malloc_usable_size(block),
          "%p says that it has %u bytes", (void *)block, block->size);
    size_t offset = pattern_check(block + 1, rest, block->seed);
    CHECK(offset == rest, "%p, %u bytes: byte %zu was overwritten", (void *)block, block->size,
          offset + sizeof *block);
}

static size_t random_size(uint64_t *random)
{
    uint64_t r = next_random(random);
    size_t limit = r % 64 == 0 ? 200000 : r % 16 == 0 ? 20000 : r % 2 ? 100 : 1100;
    return sizeof(struct tag) + (r >> 8) % limit;
}

static void *hand_over(void *argument)
{
    uint64_t random = (uintptr_t)argument * 0x9e3779b97f4a7c15ull + 1;
    for (size_t op = 0; op < ops; op++) {
        size_t size = random_size(&random);
        struct tag *block = op % 8 == 0 ? aligned_alloc(64, size) : malloc(size);
        CHECK_BLOCK(block, size);
        write_block(block, size, (uint32_t)next_random(&random));
        block = atomic_exchange(&slots[next_random(&random) % SLOTS], block);
        if (!block)
            continue;
        check_block(block);
        if (op % 4 == 0) {
            size = random_size(&random);
            block = realloc(block, size);
            CHECK_BLOCK(block, size);
            write_block(block, size, (uint32_t)op);
            block = atomic_exchange(&slots[next_random(&random) % SLOTS], block);
            if (block)
                check_block(block);
        }
        free(block);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    check_identity();
    ops = count_argument(argc, argv, 1, 3000);
    size_t threads = count_argument(argc, argv, 2, 32);
    CHECK(threads >= 1 && threads <= THREADS_MAX, "1 .. %d threads", THREADS_MAX);
    pthread_t *ids = book_new(threads * sizeof *ids);
    for (size_t i = 0; i < threads; i++)
        CHECK(pthread_create(&ids[i], NULL, hand_over, (void *)(i + 1)) == 0, "thread %zu", i);
    for (size_t i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        struct tag *block = atomic_load(&slots[i]);
        if (block) {
            check_block(block);
            free(block);
        }
    }
    return 0;
}
