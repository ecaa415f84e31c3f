/* `thread_churn [THREADS]`: threads come and go; each frees some of its blocks, a twentieth of what
 * others left, and leaves some. What an ended thread held must serve the next: the resident memory
 * stays bounded. */
#include <pthread.h>
#include <stdatomic.h>

#include "allocator/tests/check.h"

enum { AT_A_TIME = 4, PER_THREAD = 60, SHARED = 256 };

static _Atomic(uint64_t *) shared[SHARED];

static void leave(uint64_t *block, uint64_t *random)
{
    *block = (uintptr_t)block;
    block = atomic_exchange(&shared[next_random(random) % SHARED], block);
    if (block)
        CHECK(*block == (uintptr_t)block, "%p was overwritten", (void *)block);
    free(block);
}

static void *short_life(void *argument)
{
    uint64_t random = (uintptr_t)argument * 0x9e3779b97f4a7c15ull + 1;
    uint64_t *blocks[PER_THREAD];
    for (int i = 0; i < PER_THREAD; i++) {
        size_t size = 8 + next_random(&random) % (i % 20 ? 500 : 40000);
        blocks[i] = malloc(size);
        CHECK_BLOCK(blocks[i], size);
        blocks[i][0] = size;
    }
    for (int i = 0; i < PER_THREAD; i++)
        if (i % 20 == 0)
            leave(blocks[i], &random);
        else
            free(blocks[i]);
    return NULL;
}

int main(int argc, char **argv)
{
    check_identity();
    size_t total = count_argument(argc, argv, 1, 6000), early = 0;
    for (size_t n = 0; n < total; n += AT_A_TIME) {
        pthread_t threads[AT_A_TIME];
        for (size_t i = 0; i < AT_A_TIME; i++) {
            int error = pthread_create(&threads[i], NULL, short_life, (void *)(n + i));
            CHECK(error == 0, "thread %zu: %s", n + i, strerror(error));
        }
        for (size_t i = 0; i < AT_A_TIME; i++)
            pthread_join(threads[i], NULL);
        if (n / AT_A_TIME == total / AT_A_TIME / 4)
            early = resident_bytes();
    }
    size_t late = resident_bytes();
    CHECK(late < early + (12 << 20), "%zu bytes after a quarter of the threads, %zu at the end",
          early, late);
    return 0;
}
