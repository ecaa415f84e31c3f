/* `lists MODE`: a known number of mallocs and frees of two classes that nothing else in this
 * process uses, BUSY and RARE, for the test to find again in the trace.
 *
 *     flood     PAIRS of BUSY, then FEW of RARE
 *     threads   PAIRS / 4 of BUSY in each of four threads
 *     fork      PAIRS of BUSY, then FEW more of them in a child
 *     hand      blocks of BUSY that another thread frees
 *     trim      some of BUSY, then malloc_trim
 *     signals   MANY of BUSY, interrupted at many places by a handler that does TEN more */
#include <pthread.h>

#include "allocator/tests/interrupt.h"

enum { BUSY = 904, RARE = 888, PAIRS = 4000, FEW = 5, MANY = 600, TEN = 10, STEPPED = 12 };

static void *blocks[MANY];

static void use(size_t size, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++) {
        void *p = hide_pointer(malloc(size));
        CHECK(p != NULL, "size %zu", size);
        free(p);
    }
}

static void *use_a_quarter(void *unused)
{
    use(BUSY, PAIRS / 4);
    return unused;
}

static void in_threads(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, use_a_quarter, NULL) == 0, "thread %d", i);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void in_child(void)
{
    use(BUSY, PAIRS);
    pid_t child = fork();
    if (child == 0) {
        use(BUSY, FEW);
        exit(0);
    }
    expect_success(child, "the child");
}

static void *free_all(void *unused)
{
    for (size_t i = 0; i < MANY; i++)
        free(blocks[i]);
    return unused;
}

static void allocate_all(void)
{
    for (size_t i = 0; i < MANY; i++)
        CHECK((blocks[i] = malloc(BUSY)) != NULL, "block %zu", i);
}

static void hand_over(void)
{
    pthread_t thread;
    allocate_all();
    CHECK(pthread_create(&thread, NULL, free_all, NULL) == 0, "thread");
    pthread_join(thread, NULL);
}

static size_t signals;

static void use_in_handler(void)
{
    use(BUSY, TEN);
    signals++;
}

/* Some calls are stepped through from their beginning; tracing one of them takes thousands of
 * instructions, so that its lines and walks for backtraces are interrupted as well. */
static void under_signals(void)
{
    size_t places[INTERRUPT_PLACES] = {0};
    interrupt_set(use_in_handler);
    for (size_t i = 0; i < 2 * MANY; i++) {
        const bool is_interrupted = i % STEPPED == 0;
        void *volatile block = blocks[i % MANY];
        if (is_interrupted)
            interrupt_begin();
        if (i < MANY)
            block = malloc(BUSY);
        else
            free(block);
        if (is_interrupted)
            interrupt_end();
        CHECK(block != NULL, "block %zu", i % MANY);
        blocks[i % MANY] = block;
        for (int place = 0; is_interrupted && place < INTERRUPT_PLACES; place++)
            places[place] += interrupts.places[place];
    }
    for (int place = 0; place < INTERRUPT_KERNEL; place++)
        CHECK(places[place] > 0, "no interrupt at a place of kind %d, of %zu", place, signals);
    printf("%zu\n", signals);
}

int main(int argc, char **argv)
{
    check_identity();
    CHECK(argc == 2, "usage: lists MODE");
    if (strcmp(argv[1], "flood") == 0) {
        use(BUSY, PAIRS);
        use(RARE, FEW);
    } else if (strcmp(argv[1], "threads") == 0) {
        in_threads();
    } else if (strcmp(argv[1], "fork") == 0) {
        in_child();
    } else if (strcmp(argv[1], "hand") == 0) {
        hand_over();
    } else if (strcmp(argv[1], "trim") == 0) {
        allocate_all();
        free_all(NULL);
        malloc_trim(0);
    } else if (strcmp(argv[1], "signals") == 0) {
        under_signals();
    } else {
        CHECK(false, "no mode %s", argv[1]);
    }
    return 0;
}
