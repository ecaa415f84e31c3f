/* sigaction and its relatives, which the allocator stands in for: what the program sets it gets
 * back, flags and mask work, and errors are the C library's. */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

#include "allocator/tests/check.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

extern sighandler_t bsd_signal(int, sighandler_t);

static volatile int calls, depth, deepest, last_value;
static volatile bool on_stack, usr2_blocked, own_blocked;
static stack_t stack;

static void simple(int number)
{
    CHECK(number == SIGUSR1, "signal %d", number);
    calls++;
}

static void other(int number)
{
    (void)number;
    calls += 100;
}

static void full(int number, siginfo_t *information, void *context)
{
    sigset_t mask;
    char here;
    CHECK(information->si_signo == number && context != NULL, "signal %d", number);
    last_value = information->si_int;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    usr2_blocked = sigismember(&mask, SIGUSR2);
    own_blocked = sigismember(&mask, number);
    on_stack = &here >= (char *)stack.ss_sp && &here < (char *)stack.ss_sp + stack.ss_size;
    calls++;
    free(malloc(100));
}

static void again(int number)
{
    depth++;
    if (depth > deepest)
        deepest = depth;
    if (depth < 3)
        raise(number);
    depth--;
}

static struct sigaction action_now(int number)
{
    struct sigaction now;
    CHECK(sigaction(number, NULL, &now) == 0, "sigaction: %s", strerror(errno));
    return now;
}

static int calls_of_raise(void)
{
    calls = 0;
    CHECK(raise(SIGUSR1) == 0, "raise");
    return calls;
}

static void what_is_set_comes_back(void)
{
    struct sigaction set = {.sa_sigaction = full, .sa_flags = SA_SIGINFO | SA_RESTART}, before;
    sigaddset(&set.sa_mask, SIGUSR2);
    CHECK(sigaction(SIGUSR1, &set, &before) == 0 && before.sa_handler == SIG_DFL, "first");
    struct sigaction now = action_now(SIGUSR1);
    const int flags = SA_SIGINFO | SA_RESTART | (int)SA_RESETHAND | SA_NODEFER | SA_ONSTACK;
    CHECK(now.sa_sigaction == full && (now.sa_flags & flags) == (SA_SIGINFO | SA_RESTART),
          "flags %x", (unsigned)now.sa_flags);
    CHECK(sigismember(&now.sa_mask, SIGUSR2) && !sigismember(&now.sa_mask, SIGHUP), "mask");
    set = (struct sigaction){.sa_handler = simple, .sa_flags = (int)SA_RESETHAND};
    CHECK(sigaction(SIGUSR1, &set, hide_pointer(&set)) == 0 && set.sa_sigaction == full,
          "in place");
    now = action_now(SIGUSR1);
    CHECK(now.sa_handler == simple && (now.sa_flags & flags) == (int)SA_RESETHAND, "flags %x",
          (unsigned)now.sa_flags);
    CHECK(calls_of_raise() == 1, "%d calls", calls);
    CHECK(action_now(SIGUSR1).sa_handler == SIG_DFL, "reset");
    set.sa_handler = SIG_IGN;
    CHECK(sigaction(SIGUSR1, &set, NULL) == 0 && calls_of_raise() == 0, "ignored");
    CHECK(action_now(SIGUSR1).sa_handler == SIG_IGN, "ignored");
}

static void flags_and_mask_work(void)
{
    struct sigaction set = {.sa_sigaction = full, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack = (stack_t){.ss_sp = malloc(65536), .ss_size = 65536};
    CHECK(sigaltstack(&stack, NULL) == 0, "sigaltstack: %s", strerror(errno));
    sigaddset(&set.sa_mask, SIGUSR2);
    CHECK(sigaction(SIGRTMIN, &set, NULL) == 0, "SIGRTMIN");
    CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 77}) == 0, "sigqueue");
    CHECK(last_value == 77 && on_stack && usr2_blocked && own_blocked, "value %d", last_value);
    set.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigemptyset(&set.sa_mask);
    CHECK(sigaction(SIGRTMIN, &set, NULL) == 0 && raise(SIGRTMIN) == 0, "SIGRTMIN");
    CHECK(!on_stack && !usr2_blocked && !own_blocked, "plain");
    set = (struct sigaction){.sa_handler = again, .sa_flags = SA_NODEFER};
    CHECK(sigaction(SIGUSR1, &set, NULL) == 0 && raise(SIGUSR1) == 0 && deepest == 3, "nested");
    stack.ss_flags = SS_DISABLE;
    CHECK(sigaltstack(&stack, NULL) == 0, "sigaltstack: %s", strerror(errno));
    free(stack.ss_sp);
}

static void expect_invalid(int number)
{
    struct sigaction set = {.sa_handler = simple};
    errno = 0;
    CHECK(sigaction(number, &set, NULL) == -1 && errno == EINVAL, "%d: %d", number, errno);
    errno = 0;
    CHECK(signal(number, simple) == SIG_ERR && errno == EINVAL, "%d: %d", number, errno);
    errno = 0;
    CHECK(sigset(number, simple) == SIG_ERR && errno == EINVAL, "%d: %d", number, errno);
    errno = 0;
    CHECK(sysv_signal(number, simple) == SIG_ERR && errno == EINVAL, "%d: %d", number, errno);
}

static void errors_are_the_c_librarys(void)
{
    static const int numbers[] = {-1, 0, 32, 33, 65, 1000, SIGKILL, SIGSTOP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        expect_invalid(numbers[i]);
    errno = 0;
    CHECK(signal(SIGUSR1, SIG_ERR) == SIG_ERR && errno == EINVAL, "SIG_ERR: %d", errno);
    CHECK(sigaction(SIGUSR1, NULL, NULL) == 0, "neither: %s", strerror(errno));
    CHECK(sigaction(SIGKILL, NULL, NULL) == 0, "SIGKILL may be asked: %s", strerror(errno));
}

static void older_interfaces_differ_as_they_do(void)
{
    const int flags = SA_SIGINFO | SA_RESTART | (int)SA_RESETHAND | SA_NODEFER;
    signal(SIGUSR1, SIG_DFL);
    CHECK(signal(SIGUSR1, simple) == SIG_DFL && signal(SIGUSR1, other) == simple, "signal");
    CHECK(bsd_signal(SIGUSR1, simple) == other && ssignal(SIGUSR1, simple) == simple, "others");
    CHECK((action_now(SIGUSR1).sa_flags & flags) == SA_RESTART, "signal restarts");
    CHECK(siginterrupt(SIGUSR1, 1) == 0, "siginterrupt");
    CHECK((action_now(SIGUSR1).sa_flags & flags) == 0, "it does not");
    CHECK(action_now(SIGUSR1).sa_handler == simple && calls_of_raise() == 1, "the handler");
    CHECK(signal(SIGUSR1, simple) == simple && (action_now(SIGUSR1).sa_flags & flags) == 0, "nor");
    CHECK(siginterrupt(SIGUSR1, 0) == 0 && (action_now(SIGUSR1).sa_flags & flags) == SA_RESTART,
          "again");
    CHECK(sysv_signal(SIGUSR1, other) == simple, "sysv_signal");
    CHECK((action_now(SIGUSR1).sa_flags & flags) == ((int)SA_RESETHAND | SA_NODEFER), "flags");
    CHECK(calls_of_raise() == 100 && action_now(SIGUSR1).sa_handler == SIG_DFL, "once");
    CHECK(sigset(SIGUSR1, simple) == SIG_DFL && sigset(SIGUSR1, SIG_HOLD) == simple, "sigset");
    CHECK(calls_of_raise() == 0 && sigset(SIGUSR1, SIG_HOLD) == SIG_HOLD, "held");
    CHECK(sigset(SIGUSR1, simple) == SIG_HOLD && calls == 1, "let go: %d", calls);
}

/* Two threads change an action while signals come: each handler is one of both. */
static void *change(void *unused)
{
    struct sigaction set = {.sa_handler = simple}, before;
    for (int i = 0; i < 20000; i++) {
        set.sa_handler = i % 2 ? simple : other;
        CHECK(sigaction(SIGUSR1, &set, &before) == 0, "sigaction");
        CHECK(before.sa_handler == simple || before.sa_handler == other, "before");
        if (i % 16 == 0)
            raise(SIGUSR1);
    }
    return unused;
}

static void threads_may_race(void)
{
    pthread_t thread;
    signal(SIGUSR1, simple);
    CHECK(pthread_create(&thread, NULL, change, NULL) == 0, "pthread_create");
    change(NULL);
    pthread_join(thread, NULL);
    CHECK(calls > 0, "%d calls", calls);
}

int main(void)
{
    check_identity();
    what_is_set_comes_back();
    flags_and_mask_work();
    errors_are_the_c_librarys();
    older_interfaces_differ_as_they_do();
    threads_may_race();
    return 0;
}
