/* A machine that grants no big maps (valgrind, strict overcommit, containers): the allocator starts
 * with what it gets, and serves the program as long as its own requests are smaller than the limit.
 */
#include "allocator/tests/faults/refuse.h"

enum { BLOCK = 200, COUNT = 40000 };

/* Near 4 MiB the allocator may have no room for its SuperSlabs and say so, but it may not crash.
 * Less is not asked: the loader could not even map a library's zeroed data. */
static void live_with(size_t limit)
{
    static void *blocks[COUNT];
    size_t given = 0;
    for (size_t i = 0; i < COUNT; i++) {
        errno = 0;
        blocks[i] = malloc(BLOCK);
        CHECK(blocks[i] != NULL || errno == ENOMEM, "errno %d", errno);
        if (blocks[i]) {
            memset(blocks[i], 1, BLOCK);
            given++;
        }
    }
    CHECK(given == COUNT || limit < 16 << 20, "%zu of %d blocks", given, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        free(blocks[i]);
    errno = 0;
    void *big = malloc(limit / 2), *too_big = malloc((size_t)1 << 47);
    CHECK(big != NULL || limit < 16 << 20, "%zu bytes", limit / 2);
    CHECK(too_big == NULL && errno == ENOMEM, "2^47 bytes at %p, errno %d", too_big, errno);
    free(big);
}

int main(int argc, char **argv)
{
    static char *limits[] = {"3221225472", "1073741824", "134217728", "16777216", "4194304"};
    check_identity();
    if (argc > 1) {
        live_with(count_argument(argc, argv, 1, 0));
        return 0;
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        pid_t child = fork();
        if (child == 0) {
            refuse_big_maps((uint32_t)strtoul(limits[i], NULL, 10));
            execl("/proc/self/exe", argv[0], limits[i], (char *)NULL);
            CHECK(false, "exec: %s", strerror(errno));
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
        if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSE_SKIPPED)
            return REFUSE_SKIPPED;
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "maps below %s bytes: status %#x",
              limits[i], status);
    }
    return 0;
}
