#include "allocator/process/signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "allocator/base/os.h"
#include "allocator/front/thread.h"

#define SIGNALS 64
/* A word of the table: the program's handler, and of the flags that it gave those that the kernel
 * is not given as they are. */
#define WITH_INFO ((uint64_t)1 << 63)
#define ONCE      ((uint64_t)1 << 62)
#define HANDLER   (ONCE - 1)

typedef void handler_function(int, siginfo_t *, void *);

#ifdef __GLIBC__
extern int __sigaction(int, const struct sigaction *, struct sigaction *);
#else
#define __sigaction sigaction
#endif

/* Written under the lock with all signals blocked; a handler reads one word. What it names is a
 * handler that the program has given for that signal. */
static _Atomic uint64_t table[SIGNALS + 1];
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
/* The process whose table this is: the child of a vfork finds another's. 0: not looked at yet. */
static _Atomic pid_t owner;
static _Atomic unsigned long counts[SIGNALS_WAYS];

unsigned long signals_count(enum signals_way way)
{
    return atomic_load_explicit(&counts[way], memory_order_relaxed);
}

static void count(enum signals_way way)
{
    atomic_fetch_add_explicit(&counts[way], 1, memory_order_relaxed);
}

static bool is_own_process(void)
{
    const pid_t self = getpid();
    pid_t seen = 0;
    return atomic_compare_exchange_strong_explicit(&owner, &seen, self, memory_order_relaxed,
                                                   memory_order_relaxed) ||
           seen == self;
}

static uint64_t lock_table(void)
{
    const uint64_t mask = os_set_signal_mask(UINT64_MAX);
    pthread_mutex_lock(&changing);
    return mask;
}

static void unlock_table(uint64_t mask)
{
    pthread_mutex_unlock(&changing);
    (void)os_set_signal_mask(mask);
}

/* --- a signal comes --------------------------------------------------------------------------- */

static uint64_t bit_of(int number)
{
    return (uint64_t)1 << (number - 1);
}

static uint64_t faults(void)
{
    return bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGFPE) | bit_of(SIGILL) | bit_of(SIGTRAP) |
           bit_of(SIGSYS);
}

/* Would the interrupted code not go on, or not rightly, without the handler? */
static bool cannot_wait(int number, const siginfo_t *information)
{
    return ((bit_of(number) & faults()) && information->si_code > 0) ||
           (number == SIGABRT && information->si_code == SI_TKILL);
}

/* The first words of the kernel's frame only: behind them stands what is no mask. */
static uint64_t mask_of(const ucontext_t *context)
{
    uint64_t mask;
    memcpy(&mask, &context->uc_sigmask, sizeof mask);
    return mask;
}

/* False: the signal cannot be sent once more. The mask is kept first, before anything else: another
 * signal that comes until all are blocked has interrupted us, and its mask is not the program's. */
static bool put_off(int number, siginfo_t *information, ucontext_t *context)
{
    if (!(thread_tls.attention & ATTEND_SIGNAL)) {
        thread_tls.signal_mask = mask_of(context);
        thread_ask(ATTEND_SIGNAL);
    }
    /* A fault must find its handler; this signal must not, even if it bears a fault's number. */
    const uint64_t blocked = ~faults() | bit_of(number) | mask_of(context);
    const uint64_t mask = os_set_signal_mask(blocked);
    if (!os_signal_self(number, information)) {
        (void)os_set_signal_mask(mask);
        return false;
    }
    memcpy(&context->uc_sigmask, &blocked, sizeof blocked);
    count(SIGNALS_PUT_OFF);
    return true;
}

extern HAK_HIDDEN const char __ehdr_start[], etext[];

static bool is_in_allocator(const ucontext_t *context)
{
#if defined __x86_64__
    const uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined __aarch64__
    const uintptr_t at = (uintptr_t)context->uc_mcontext.pc;
#else
    (void)context;
    const uintptr_t at = (uintptr_t)__ehdr_start;
#endif
    return at >= (uintptr_t)__ehdr_start && at < (uintptr_t)etext;
}

/* What SA_RESETHAND has the kernel do, when the handler does run. */
static void reset_action(int number, uint64_t word)
{
    const int saved = errno;
    const bool own = is_own_process();
    const uint64_t mask = lock_table();
    if (atomic_load_explicit(&table[number], memory_order_relaxed) == word) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        if (own)
            atomic_store_explicit(&table[number], word & ~ONCE, memory_order_relaxed);
        (void)__sigaction(number, &action, NULL);
    }
    unlock_table(mask);
    errno = saved;
}

static void call_handler(int number, siginfo_t *information, void *context)
{
    const uint64_t word = atomic_load_explicit(&table[number], memory_order_relaxed);
    if (word & ONCE)
        reset_action(number, word);
    handler_function *handler = (handler_function *)(uintptr_t)(word & HANDLER);
    if (handler)
        handler(number, information, context);
}

static HAK_OUTLINE void call_shielded(int number, siginfo_t *information, void *context)
{
    const int before = errno;
    struct shield *shield = thread_shield_raise((uintptr_t)__builtin_frame_address(0));
    errno = before;
    count(SIGNALS_SHIELDED);
    call_handler(number, information, context);
    const int after = errno;
    if (shield)
        thread_shield_lower(shield);
    errno = after;
}

static void on_signal(int number, siginfo_t *information, void *context)
{
    const bool busy = thread_tls.busy;
    if (busy && !cannot_wait(number, information) && put_off(number, information, context))
        return;
    if (!busy && is_in_allocator(context)) {
        call_shielded(number, information, context);
    } else {
        count(SIGNALS_DIRECT);
        call_handler(number, information, context);
    }
}

/* --- the program sets an action --------------------------------------------------------------- */

static bool is_handler(const struct sigaction *action)
{
    const uintptr_t handler = (uintptr_t)action->sa_sigaction;
    return handler != (uintptr_t)SIG_DFL && handler != (uintptr_t)SIG_IGN && handler <= HANDLER;
}

/* As the program gave it. */
static void tell(struct sigaction *action, uint64_t word)
{
    if (action->sa_sigaction != on_signal)
        return;
    action->sa_sigaction = (handler_function *)(uintptr_t)(word & HANDLER);
    if (!(word & WITH_INFO))
        action->sa_flags &= ~SA_SIGINFO;
    if (word & ONCE)
        action->sa_flags |= (int)SA_RESETHAND;
}

int signals_set_action(int number, const struct sigaction *action, struct sigaction *before)
{
    if (number < 1 || number > SIGNALS)
        return __sigaction(number, action, before);
    /* The child of a vfork, that mostly sets SIG_DFL, writes nothing into its parent's table. */
    const bool ours = action && is_handler(action) && is_own_process();
    const uint64_t mask = lock_table();
    const uint64_t word = atomic_load_explicit(&table[number], memory_order_relaxed);
    struct sigaction given;
    if (ours) {
        given = *action;
        given.sa_sigaction = on_signal;
        given.sa_flags = (action->sa_flags | SA_SIGINFO) & ~(int)SA_RESETHAND;
        atomic_store_explicit(&table[number],
                              (uint64_t)(uintptr_t)action->sa_sigaction |
                                  (action->sa_flags & SA_SIGINFO ? WITH_INFO : 0) |
                                  (action->sa_flags & (int)SA_RESETHAND ? ONCE : 0),
                              memory_order_relaxed);
    }
    const int result = __sigaction(number, ours ? &given : action, before);
    if (result != 0 && ours)
        atomic_store_explicit(&table[number], word, memory_order_relaxed);
    unlock_table(mask);
    if (result == 0 && before)
        tell(before, word);
    return result;
}

/* --- fork ------------------------------------------------------------------------------------- */

void signals_fork_prepare(void)
{
    pthread_mutex_lock(&changing);
}

void signals_fork_child(void)
{
    atomic_store_explicit(&owner, getpid(), memory_order_relaxed);
}

void signals_fork_end(void)
{
    pthread_mutex_unlock(&changing);
}
