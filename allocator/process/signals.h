/* Signals: handlers may allocate and keep what they get, although no standard lets them.
 *
 * libhakmem.so stands in for sigaction and its relatives. The kernel is given one handler of ours
 * instead of the program's; the program is told its own when it asks. Ours looks at what was
 * interrupted:
 *
 * - A slow path, or the time between fork's first and last handler. The handler is put off: the
 * signal
 *   is sent once more, as it came, and waits in the kernel, as do all others, until the slow path
 *   ends and the mask is what it was. A fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS
 * from
 *   the kernel) and abort's SIGABRT cannot wait: their handlers run at once.
 * - Other code of the allocator, a fast path perhaps between what it read and what it commits: the
 *   handler runs behind a shield (thread.h), as if on a thread of its own.
 * - Anything else: the handler is called.
 *
 * Promised, for handlers installed by sigaction, signal, bsd_signal, ssignal, sysv_signal and
 * sigset: one may call all of the malloc family, keep what it takes, free what it did not take,
 * and fork; it may be left by siglongjmp, an exception or pthread_exit; and the flags, the mask,
 * siginfo_t and the alternate stack are what they would be. It runs at latest when a slow path of
 * its thread ends.
 *
 * Not promised: that the third argument tells where a handler that was put off had come, which is
 * the end of the slow path (a profiler sees that place instead); that siginfo_t is whole when
 * RLIMIT_ SIGPENDING is reached, or a real-time signal is put off then, or for want of memory
 * there is no shield. Handlers installed by raw system calls, and those of faults inside of a slow
 * path, run where they come: in a slow path they may allocate, from an emergency reserve
 * (emergency.h), free, and return, but not jump; and in a fast path they must free what they took,
 * newest first. */
#ifndef HAK_SIGNALS_H
#define HAK_SIGNALS_H

#include <signal.h>

/* sigaction as the C library has it, but for the handler that the kernel gets. */
int signals_set_action(int number, const struct sigaction *action, struct sigaction *before);

/* How often a handler was put off, run behind a shield, and called at once. */
enum signals_way { SIGNALS_PUT_OFF, SIGNALS_SHIELDED, SIGNALS_DIRECT, SIGNALS_WAYS };
unsigned long signals_count(enum signals_way way);

/* Around fork, with all signals blocked: holds the table still. In the child `child` comes first.
 */
void signals_fork_prepare(void);
void signals_fork_child(void);
void signals_fork_end(void);

#endif
