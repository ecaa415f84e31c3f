/* A timer signal interrupts malloc anywhere and allocates itself. No standard allows it, programs
 * do it: the allocator must neither hang nor crash nor mix up blocks. The C library's malloc does
 * hang. */
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "allocator/tests/check.h"

enum { BLOCKS = 500, MILLISECONDS = 400 };

static volatile sig_atomic_t signals;

static void allocate_in_handler(int signal_number)
{
    int error = errno;
    uint8_t *blocks[6];
    for (size_t i = 0; i < 6; i++) {
        size_t size = 8 + (size_t)(signals + signal_number) % 50 * 16 + i * 600 * (i == 5);
        blocks[i] = malloc(size);
        CHECK(blocks[i] != NULL, "size %zu", size);
        memset(blocks[i], 0xcc, size);
    }
    for (size_t i = 6; i-- > 0;)
        free(blocks[i]);
    signals++;
    errno = error;
}

static long elapsed_ms(const struct timespec *since)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void allocate_all_the_time(void)
{
    static uint8_t *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    struct timespec start;
    uint64_t random = 1;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (elapsed_ms(&start) < MILLISECONDS)
        for (int op = 0; op < 2000; op++) {
            size_t i = next_random(&random) % BLOCKS;
            if (blocks[i]) {
                CHECK(pattern_check(blocks[i], sizes[i], i) == sizes[i],
                      "%p, size %zu, after %d signals", (void *)blocks[i], sizes[i], (int)signals);
                free(blocks[i]);
                blocks[i] = NULL;
            } else {
                sizes[i] = 8 + next_random(&random) % (op % 50 ? 900 : 50000);
                CHECK((blocks[i] = malloc(sizes[i])) != NULL, "size %zu", sizes[i]);
                pattern_write(blocks[i], sizes[i], i);
            }
        }
}

int main(void)
{
    check_identity();
    if (!on_hakmem()) {
        puts("skipped: only hakmem promises this");
        return 0;
    }
    struct sigaction action = {.sa_handler = allocate_in_handler, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0, "sigaction: %s", strerror(errno));
    struct itimerval every = {{0, 500}, {0, 500}};
    CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0, "setitimer: %s", strerror(errno));
    allocate_all_the_time();
    every = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    CHECK(signals > 100, "only %d signals came", (int)signals);
    return 0;
}
