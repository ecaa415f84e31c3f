/* The exported symbols beside the malloc family: what the program and its libraries tell the C
 * library about signals (process/signals.h) and fork (process/fork.h). Each does what glibc's does.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "allocator/base/compiler.h"
#include "allocator/process/fork.h"
#include "allocator/process/signals.h"

#ifdef __GLIBC__

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* How often a handler was put off (0), run behind a shield (1), called at once (2). */
HAK_PUBLIC unsigned long hakmem_signals(unsigned way)
{
    return way < SIGNALS_WAYS ? signals_count((enum signals_way)way) : 0;
}

HAK_PUBLIC int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                                 void *dso_handle)
{
    return fork_register_others(prepare, parent, child, dso_handle);
}

HAK_PUBLIC int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
    return signals_set_action(number, action, before);
}

/* Whose system calls siginterrupt wants interrupted, a bit per signal. */
static _Atomic uint64_t interrupting;

static bool is_signal(int number)
{
    return number >= 1 && number < NSIG;
}

static uint64_t bit_of(int number)
{
    return (uint64_t)1 << (number - 1);
}

static sighandler_t refuse(void)
{
    errno = EINVAL;
    return SIG_ERR;
}

static sighandler_t set_handler(int number, sighandler_t handler, int flags, bool masked)
{
    if (handler == SIG_ERR || !is_signal(number))
        return refuse();
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, before;
    sigemptyset(&action.sa_mask);
    if (masked)
        sigaddset(&action.sa_mask, number);
    return signals_set_action(number, &action, &before) < 0 ? SIG_ERR : before.sa_handler;
}

HAK_PUBLIC sighandler_t signal(int number, sighandler_t handler)
{
    bool interrupts = is_signal(number) &&
                      (atomic_load_explicit(&interrupting, memory_order_relaxed) & bit_of(number));
    return set_handler(number, handler, interrupts ? 0 : SA_RESTART, true);
}

HAK_PUBLIC sighandler_t __sysv_signal(int number, sighandler_t handler)
{
    return set_handler(number, handler, (int)SA_RESETHAND | SA_NODEFER, false);
}

#define SAME_AS(function) HAK_PUBLIC __attribute__((alias(#function), copy(function)))
SAME_AS(signal) sighandler_t bsd_signal(int, sighandler_t);
SAME_AS(signal) sighandler_t ssignal(int, sighandler_t);
SAME_AS(__sysv_signal) sighandler_t sysv_signal(int, sighandler_t);

HAK_PUBLIC int siginterrupt(int number, int interrupts)
{
    struct sigaction action;
    if (signals_set_action(number, NULL, &action) < 0)
        return -1;
    if (interrupts) {
        atomic_fetch_or_explicit(&interrupting, bit_of(number), memory_order_relaxed);
        action.sa_flags &= ~SA_RESTART;
    } else {
        atomic_fetch_and_explicit(&interrupting, ~bit_of(number), memory_order_relaxed);
        action.sa_flags |= SA_RESTART;
    }
    return signals_set_action(number, &action, NULL);
}

/* SIG_HOLD blocks the signal and leaves its action; anything else unblocks it. */
HAK_PUBLIC sighandler_t sigset(int number, sighandler_t handler)
{
    if (handler == SIG_ERR || !is_signal(number))
        return refuse();
    sigset_t set, before;
    struct sigaction action;
    sigemptyset(&set);
    if (sigaddset(&set, number) < 0)
        return SIG_ERR;
    if (handler == SIG_HOLD) {
        if (sigprocmask(SIG_BLOCK, &set, &before) < 0 ||
            signals_set_action(number, NULL, &action) < 0)
            return SIG_ERR;
    } else {
        action.sa_handler = set_handler(number, handler, 0, false);
        if (action.sa_handler == SIG_ERR || sigprocmask(SIG_UNBLOCK, &set, &before) < 0)
            return SIG_ERR;
    }
    return sigismember(&before, number) ? SIG_HOLD : action.sa_handler;
}

#endif
