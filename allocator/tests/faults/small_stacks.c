/* Threads with 256 KiB and with the smallest stack that the system allows: no path may need more.
 */
#include <limits.h>
#include <pthread.h>

#include "allocator/tests/check.h"

static void *live(void *seed)
{
    void *blocks[40];
    for (size_t i = 0; i < 40; i++) {
        size_t size = (size_t)1 << i % 21;
        blocks[i] = i % 3 ? malloc(size) : i % 2 ? calloc(1, size) : memalign(64, size);
        CHECK_BLOCK(blocks[i], size);
        memset(blocks[i], (int)(uintptr_t)seed, size);
    }
    for (size_t i = 0; i < 40; i++) {
        blocks[i] = realloc(blocks[i], 3000 + i * 1000);
        CHECK_BLOCK(blocks[i], 3000 + i * 1000);
    }
    for (size_t i = 0; i < 40; i++)
        free(blocks[i]);
    /* Enough to make lists overflow and slabs move. */
    static _Thread_local void *many[5000];
    for (size_t i = 0; i < 5000; i++)
        CHECK((many[i] = malloc(16 + i % 64)) != NULL, "block %zu", i);
    for (size_t i = 0; i < 5000; i++)
        free(many[i]);
    malloc_trim(0);
    return seed;
}

/* The static thread data of the program stands on the stack too, so a little more than the very
 * least. */
static void run(size_t stack)
{
    pthread_t threads[8];
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0, "attributes");
    CHECK(pthread_attr_setstacksize(&attributes, stack) == 0, "stack of %zu bytes", stack);
    for (uintptr_t i = 0; i < 8; i++) {
        int error = pthread_create(&threads[i], &attributes, live, (void *)i);
        CHECK(error == 0, "stack of %zu bytes: %s", stack, strerror(error));
    }
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
}

int main(void)
{
    check_identity();
    run(256 << 10);
    /* `many` above is 40 000 bytes of every stack. */
    run((size_t)PTHREAD_STACK_MIN + 40960);
    return 0;
}
