#define _GNU_SOURCE
#include "runner/base/interrupt.h"

#include <stddef.h>

static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
static const int ignored[] = {SIGPIPE, SIGXFSZ};
enum { WATCHED = sizeof watched / sizeof *watched, IGNORED = sizeof ignored / sizeof *ignored };

static volatile sig_atomic_t interrupted;
static sigset_t mask_at_start;
static bool is_watching;

static void note(int signal)
{
    (void)signal;
    interrupted = 1;
}

void interrupt_watch(void)
{
    sigset_t block;
    sigemptyset(&block);
    for (int i = 0; i < WATCHED; i++) {
        struct sigaction before;
        /* nohup and background jobs of a shell start with signals ignored: leave them so. */
        if (sigaction(watched[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN)
            continue;
        sigaction(watched[i], &(struct sigaction){.sa_handler = note}, NULL);
        sigaddset(&block, watched[i]);
    }
    for (int i = 0; i < IGNORED; i++)
        sigaction(ignored[i], &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    sigprocmask(SIG_BLOCK, &block, &mask_at_start);
    is_watching = true;
}

void interrupt_restore_in_child(void)
{
    if (!is_watching)
        return;
    for (int i = 0; i < IGNORED; i++)
        sigaction(ignored[i], &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    for (int i = 0; i < WATCHED; i++) {
        struct sigaction now;
        if (sigaction(watched[i], NULL, &now) == 0 && now.sa_handler == note)
            sigaction(watched[i], &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    }
    sigprocmask(SIG_SETMASK, &mask_at_start, NULL);
}

bool interrupt_pending(void)
{
    sigset_t waiting;
    if (is_watching && sigpending(&waiting) == 0)
        for (int i = 0; i < WATCHED; i++)
            if (sigismember(&waiting, watched[i]) == 1)
                return true;
    return interrupted != 0;
}

int interrupt_poll(struct pollfd *fds, unsigned count, const struct timespec *timeout)
{
    return ppoll(fds, count, timeout, is_watching ? &mask_at_start : NULL);
}
