/* Fork handlers of others, streams, and threads that allocate under the locks of both: no circle.
 *
 * Handlers are registered before any constructor has run, so before the allocator's own start;
 * while the process forks, too, beyond what the C library has room for without allocating. Of 100
 * 000 forks none may hang: HAKMEM_TEST_FORKS=N makes it N. */
#include <pthread.h>
#include <stdatomic.h>

#include "allocator/tests/check.h"

enum { THREADS = 8, FORKS = 150, HANDLERS = 150, LINE = 300000, ROUNDS = 3 };

static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *stream;
/* Threads make a few rounds for each fork and wait for the next: a lock that is always wanted would
 * not be given to the one who forks. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    long forks; /* -1: no more come */
} pace = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

/* --- a library that guards its state around fork --------------------------------------------- */

static void lock_library(void)
{
    pthread_mutex_lock(&library_lock);
    free(malloc(60000));
}

static void unlock_library(void)
{
    free(malloc(60000));
    pthread_mutex_unlock(&library_lock);
}

/* Forks before anything has started, as well. */
static void before_constructors(void)
{
    pthread_atfork(lock_library, unlock_library, unlock_library);
    pid_t child = fork();
    if (child == 0) {
        free(malloc(100));
        _exit(malloc(100000) ? 0 : 1);
    }
    int status = 1;
    if (waitpid(child, &status, 0) != child || status != 0)
        abort();
}
__attribute__((section(".preinit_array"),
               used)) static void (*const first)(void) = before_constructors;

/* --- threads --------------------------------------------------------------------------------- */

static void allocate_under_the_library_lock(void)
{
    void *blocks[20];
    pthread_mutex_lock(&library_lock);
    for (size_t i = 0; i < 20; i++)
        blocks[i] = malloc(40000 + i * 3000);
    for (size_t i = 0; i < 20; i++)
        free(blocks[i]);
    pthread_mutex_unlock(&library_lock);
}

/* getline allocates under the lock of the stream. */
static void read_a_long_line(void)
{
    char *line = NULL;
    size_t size = 0;
    flockfile(stream);
    rewind(stream);
    const ssize_t length = getline(&line, &size, stream);
    CHECK(length == LINE, "a line of %zd: %s", length, strerror(errno));
    funlockfile(stream);
    free(line);
}

static void nothing(void)
{
}

/* Each beyond the 48th makes the C library's list grow now and then. */
static void register_handlers(void)
{
    static atomic_size_t registered;
    if (atomic_fetch_add(&registered, 1) < HANDLERS)
        CHECK(pthread_atfork(nothing, nothing, nothing) == 0, "pthread_atfork");
}

static void set_pace(long forks)
{
    pthread_mutex_lock(&pace.lock);
    pace.forks = forks;
    pthread_cond_broadcast(&pace.more);
    pthread_mutex_unlock(&pace.lock);
}

static long wait_for_fork_after(long seen)
{
    pthread_mutex_lock(&pace.lock);
    while (pace.forks == seen)
        pthread_cond_wait(&pace.more, &pace.lock);
    seen = pace.forks;
    pthread_mutex_unlock(&pace.lock);
    return seen;
}

static void *work(void *argument)
{
    const size_t which = (size_t)argument;
    long seen = 0;
    for (size_t round = 0;; round++) {
        if (round % ROUNDS == 0 && (seen = wait_for_fork_after(seen)) < 0)
            break;
        switch (which % 4) {
        case 0:
            allocate_under_the_library_lock();
            break;
        case 1:
            read_a_long_line();
            break;
        case 2:
            fflush(NULL);
            register_handlers();
            break;
        default:
            free(malloc(2000000));
            free(malloc(30000));
        }
    }
    return NULL;
}

static void live_as_child(void)
{
    alarm(60); /* a hang is the failure that this test is for */
    free(malloc(50000));
    allocate_under_the_library_lock();
    FILE *null = fopen("/dev/null", "w");
    CHECK(null != NULL && fprintf(null, "%d", 1) == 1, "a stream in a child");
    fclose(null);
    fflush(NULL);
    _exit(0);
}

static void make_stream(void)
{
    static char text[LINE];
    memset(text, 'x', sizeof text);
    text[LINE - 1] = '\n';
    stream = tmpfile();
    CHECK(stream != NULL && fwrite(text, 1, LINE, stream) == LINE, "tmpfile: %s", strerror(errno));
    CHECK(fflush(stream) == 0, "a child would write the rest, too: %s", strerror(errno));
}

/* At exit objects are finalised, the allocator before the program or after it: fork all the same.
 */
static void fork_at_exit(void)
{
    pid_t child = fork();
    if (child == 0)
        live_as_child();
    expect_success(child, "a child of atexit");
}

int main(void)
{
    pthread_t threads[THREADS];
    const char *wanted = getenv("HAKMEM_TEST_FORKS");
    check_identity();
    make_stream();
    const long forks = wanted ? strtol(wanted, NULL, 10) : FORKS;
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0, "thread");
    for (long i = 0; i < forks; i++) {
        set_pace(i + 1);
        pid_t child = fork();
        if (child == 0)
            live_as_child();
        expect_success(child, "a child");
    }
    CHECK(atexit(fork_at_exit) == 0, "atexit");
    set_pace(-1);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
