/* 64 threads race for their first malloc, in a process that has allocated nothing itself; again and
 * again. */
#include <pthread.h>

#include "allocator/tests/check.h"

enum { THREADS = 64, PROCESSES = 15, BLOCKS = 200 };

static pthread_barrier_t start;
static void *blocks[THREADS][BLOCKS];

static void *race(void *argument)
{
    size_t own = (uintptr_t)argument;
    pthread_barrier_wait(&start);
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = 8 + (i + own) % 40 * 16;
        blocks[own][i] = malloc(size);
        CHECK_BLOCK(blocks[own][i], size);
        memset(blocks[own][i], (int)own, size);
    }
    pthread_barrier_wait(&start);
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = 8 + (i + own) % 40 * 16;
        const uint8_t *block = blocks[own][i];
        CHECK(block[0] == own && memcmp(block, block + 1, size - 1) == 0, "thread %zu, block %zu",
              own, i);
        free(blocks[own][i]);
    }
    return NULL;
}

static void run(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, race, (void *)i) == 0, "thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check_identity();
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        run();
        return 0;
    }
    for (int i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        if (child == 0) {
            execl("/proc/self/exe", argv[0], "race", (char *)NULL);
            CHECK(false, "exec: %s", strerror(errno));
        }
        expect_success(child, "64 threads");
    }
    return 0;
}
