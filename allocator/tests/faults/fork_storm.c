/* A process whose threads allocate all the time forks: every child uses all classes, starts a
 * thread of its own and ends. A lock that was held in the parent must not be held in the child. */
#include <pthread.h>
#include <stdatomic.h>

#include "allocator/tests/check.h"

enum { THREADS = 4, FORKS = 50, HELD = 300 };

static atomic_bool stop;
static void *held[HELD];

static size_t class_size(size_t i)
{
    static const size_t big[] = {1500, 3000, 7000, 15000, 30000, 50000, 200000, 900000, 2000000};
    return i % 70 < 61 ? 8 + i % 70 * 17 : big[i % 70 - 61];
}

static void use_all_classes(size_t rounds)
{
    enum { BLOCKS = 210 };
    uint8_t *blocks[BLOCKS];
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc(class_size(i));
            CHECK_BLOCK(blocks[i], class_size(i));
            blocks[i][0] = blocks[i][class_size(i) - 1] = (uint8_t)i;
        }
        for (size_t i = 0; i < BLOCKS; i++) {
            CHECK(blocks[i][0] == (uint8_t)i && blocks[i][class_size(i) - 1] == (uint8_t)i,
                  "block %zu", i);
            free(blocks[i]);
        }
    }
}

static void *allocate_always(void *unused)
{
    while (!atomic_load(&stop))
        use_all_classes(1);
    return unused;
}

static void *allocate_once(void *unused)
{
    use_all_classes(2);
    return unused;
}

static void live_as_child(void)
{
    pthread_t thread;
    use_all_classes(3);
    for (size_t i = 0; i < HELD; i++)
        free(held[i]);
    CHECK(pthread_create(&thread, NULL, allocate_once, NULL) == 0, "thread in a child");
    pthread_join(thread, NULL);
    malloc_trim(0);
    pid_t grandchild = fork();
    if (grandchild == 0) {
        use_all_classes(1);
        _exit(0);
    }
    expect_success(grandchild, "a child's child");
    _exit(0);
}

int main(void)
{
    pthread_t threads[THREADS];
    check_identity();
    for (size_t i = 0; i < HELD; i++)
        held[i] = malloc(class_size(i));
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, allocate_always, NULL) == 0, "thread");
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0)
            live_as_child();
        expect_success(child, "a child");
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
