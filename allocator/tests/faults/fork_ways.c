/* The other ways to a child, and the other places to fork at: vfork, posix_spawn, system, clone
 * without the C library's handlers, in a constructor, in a thread that ends, in atexit. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>

#include "allocator/tests/check.h"

enum { ROUNDS = 20 };

extern char **environ;
static pthread_key_t key;

static void use_classes(void)
{
    for (size_t size = 1; size < 4000000; size += 1 + size / 2) {
        uint8_t *p = malloc(size);
        CHECK(p != NULL, "size %zu", size);
        p[0] = p[size - 1] = 7;
        free(p);
    }
}

static void fork_once(const char *where)
{
    pid_t child = fork();
    if (child == 0) {
        use_classes();
        _exit(0);
    }
    expect_success(child, where);
}

__attribute__((constructor)) static void fork_in_a_constructor(void)
{
    fork_once("a child of a constructor");
}

static void fork_in_a_destructor(void *value)
{
    fork_once("a child of a thread that ends");
    free(value);
}

static void *end(void *unused)
{
    pthread_setspecific(key, malloc(100));
    return unused;
}

static void fork_in_threads_that_end(void)
{
    CHECK(pthread_key_create(&key, fork_in_a_destructor) == 0, "pthread_key_create");
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, end, NULL) == 0, "pthread_create");
        pthread_join(thread, NULL);
    }
}

static void on_signal(int number)
{
    (void)number;
}

/* What a child of vfork does before it execs; its memory is its parent's, its actions are not. */
static void vfork_leaves_the_parents_actions(void)
{
    struct sigaction action = {.sa_handler = on_signal}, after;
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    for (int i = 0; i < ROUNDS; i++) {
        void *volatile p = malloc(100);
        pid_t child = vfork();
        if (child == 0) {
            signal(SIGUSR1, SIG_DFL);
            signal(SIGUSR2, on_signal);
            free(p);
            execl("/bin/true", "true", NULL);
            _exit(1);
        }
        expect_success(child, "a child of vfork");
    }
    CHECK(sigaction(SIGUSR1, NULL, &after) == 0 && after.sa_handler == on_signal, "SIGUSR1");
    CHECK(sigaction(SIGUSR2, NULL, &after) == 0 && after.sa_handler == SIG_DFL, "SIGUSR2");
    CHECK(raise(SIGUSR1) == 0, "raise");
}

static void spawn(void)
{
    char name[] = "true";
    char *arguments[] = {name, NULL};
    posix_spawnattr_t attributes;
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child;
        CHECK(posix_spawnp(&child, name, NULL, &attributes, arguments, environ) == 0, "spawn");
        expect_success(child, "a child of posix_spawn");
    }
    posix_spawnattr_destroy(&attributes);
    CHECK(system("exit 0") == 0, "system");
}

/* Nobody tells the allocator; the process has one thread when this is called. */
static void clone_without_handlers(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        void *p = malloc(100);
        pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
        if (child == 0) {
            struct sigaction action = {.sa_handler = on_signal}, after;
            free(p);
            use_classes();
            CHECK(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction in a clone");
            CHECK(sigaction(SIGUSR1, NULL, &after) == 0 && after.sa_handler == on_signal, "it");
            CHECK(raise(SIGUSR1) == 0, "raise in a clone");
            fork_once("a child of a clone");
            _exit(0);
        }
        expect_success(child, "a clone");
        free(p);
    }
}

static void fork_at_exit(void)
{
    fork_once("a child of atexit");
}

int main(void)
{
    check_identity();
    clone_without_handlers();
    vfork_leaves_the_parents_actions();
    spawn();
    fork_in_threads_that_end();
    CHECK(atexit(fork_at_exit) == 0, "atexit");
    return 0;
}
