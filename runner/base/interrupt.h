/* SIGINT, SIGTERM and SIGHUP as a question that is asked between and during samples. The signals
 * stay blocked except inside interrupt_poll, so that none can fall between a test and a wait.
 */
#ifndef RUNNER_INTERRUPT_H
#define RUNNER_INTERRUPT_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

/* Once, before the first child. A write to a full file or a closed pipe becomes an error. */
void interrupt_watch(void);

/* For a child before exec: the mask and dispositions that this process was started with. */
void interrupt_restore_in_child(void);

bool interrupt_pending(void);

/* ppoll(2) that an interrupt ends early with EINTR. NULL waits for ever. */
int interrupt_poll(struct pollfd *fds, unsigned count, const struct timespec *timeout);

#endif
