/* `no_environment LIBRARY`: started with an empty environment, and later with environ itself taken
 * away. Which malloc it should find comes as an argument; "-" is the C library's. */
#include <pthread.h>

#include "allocator/tests/check.h"

static void *allocate(void *unused)
{
    for (size_t size = 1; size < 2 << 20; size = size * 3 / 2 + 1) {
        void *block = malloc(size);
        CHECK_BLOCK(block, size);
        free(block);
    }
    return unused;
}

int main(int argc, char **argv)
{
    CHECK(argc == 2, "usage: no_environment LIBRARY");
    CHECK(environ == NULL || environ[0] == NULL, "the environment has %s", environ[0]);
    allocate(NULL);
    if (strcmp(argv[1], "-") != 0)
        setenv(CHECK_EXPECTED, argv[1], 1);
    check_identity();
    environ = NULL;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, allocate, NULL) == 0, "thread");
    pthread_join(thread, NULL);
    malloc_trim(0);
    pid_t child = fork();
    if (child == 0) {
        allocate(NULL);
        _exit(0);
    }
    expect_success(child, "a child without environment");
    return 0;
}
