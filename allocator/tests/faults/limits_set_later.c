/* A program limits its own address space or data, before its first block or after many. The limit
 * bites, as it does under any malloc; and below it everything else goes on: threads, mappings,
 * blocks of every size, and memory that was freed serves what comes next, whoever asks for it. */
#include <pthread.h>
#include <sys/resource.h>

#include "allocator/tests/check.h"

#define MIB ((size_t)1 << 20)

enum { BLOCKS = 60000 };
static void *blocks[BLOCKS];

static void set_limit(int which, size_t bytes)
{
    const struct rlimit limit = {bytes, bytes};
    CHECK(setrlimit(which, &limit) == 0, "setrlimit: %s", strerror(errno));
}

static void *end_at_once(void *argument)
{
    return argument;
}

static void others_go_on(size_t mapping)
{
    pthread_t thread;
    const int error = pthread_create(&thread, NULL, end_at_once, NULL);
    CHECK(error == 0, "a thread: %s", strerror(error));
    pthread_join(thread, NULL);
    void *map = mmap(NULL, mapping, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED, "a mapping of %zu bytes: %s", mapping, strerror(errno));
    munmap(map, mapping);
}

/* As many blocks as there are to be had; the bytes. */
static size_t take_all(size_t size, size_t *count)
{
    for (*count = 0; *count < BLOCKS; ++*count) {
        errno = 0;
        blocks[*count] = malloc(size);
        if (!blocks[*count]) {
            CHECK(errno == ENOMEM, "errno %d", errno);
            break;
        }
        memset(blocks[*count], 1, size < 64 ? size : 64);
    }
    return *count * size;
}

static void free_all(size_t count)
{
    while (count)
        free(blocks[--count]);
}

/* A quarter of the limit is to be had in blocks of each size, and then as a mapping. */
static void live_below(int which, size_t limit, size_t small)
{
    static const size_t sizes[] = {64 << 10, 300, 1 << 20, 5000, 40 << 10, 200 << 10, 3 << 20};
    if (small)
        free(malloc(small));
    set_limit(which, limit);
    others_go_on(MIB);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t count;
        const size_t bytes = take_all(sizes[i], &count);
        CHECK(count == BLOCKS || bytes >= limit / 4, "%zu bytes in blocks of %zu", bytes, sizes[i]);
        CHECK(bytes <= limit, "%zu bytes in blocks of %zu, more than the limit", bytes, sizes[i]);
        free_all(count);
    }
    if (on_hakmem()) { /* others may keep what was freed for blocks of its size */
        void *big = malloc(limit / 2);
        CHECK(big != NULL, "half of the limit at once");
        free(big);
        others_go_on(limit / 4);
    }
}

static void in_a_child(int which, size_t limit, size_t small)
{
    const pid_t child = fork();
    if (child == 0) {
        live_below(which, limit, small);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
    CHECK(status == 0, "limit %d of %zu bytes: status %#x", which, limit, status);
}

int main(void)
{
    check_identity();
    in_a_child(RLIMIT_AS, 192 * MIB, 0);
    in_a_child(RLIMIT_AS, 80 * MIB, 100);
    in_a_child(RLIMIT_DATA, 128 * MIB, 0);
    in_a_child(RLIMIT_DATA, 64 * MIB, 100);
    return 0;
}
