/* `lists MODE`: a known number of mallocs and frees of two classes that nothing else in this
 * process uses, BUSY and RARE, for the test to find again in the trace.
 *
 *     flood     PAIRS of BUSY, then FEW of RARE
 *     threads   PAIRS / 4 of BUSY in each of four threads
 *     fork      PAIRS of BUSY, then FEW more of them in a child
 *     hand      blocks of BUSY that another thread frees
 *     trim      some of BUSY, then malloc_trim
 *     signals   as flood, while a timer's handler does the same */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "allocator/tests/check.h"

enum { BUSY = 904, RARE = 888, PAIRS = 4000, FEW = 5, MANY = 600, SIGNALS = 50 };

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

static volatile sig_atomic_t signals;

static void use_in_handler(int number)
{
    int error = errno;
    use(number == SIGALRM ? BUSY : RARE, 10);
    signals++;
    errno = error;
}

static void under_signals(void)
{
    struct sigaction action = {.sa_handler = use_in_handler, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0, "sigaction: %s", strerror(errno));
    struct itimerval every = {{0, 500}, {0, 500}};
    CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0, "setitimer: %s", strerror(errno));
    while (signals < SIGNALS) {
        allocate_all();
        free_all(NULL);
    }
    every = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
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
