/* One measurement at a time on a machine: a lock on a file that every user can open
 * (HAKBENCH_LOCK, else /tmp/hakbench.lock). The kernel drops it when the process ends. It is a
 * record lock of fcntl(2), not flock(2), because a child between fork and exec must not hold it on
 * behalf of a runner that was just killed.
 */
#ifndef RUNNER_LOCK_H
#define RUNNER_LOCK_H

#include "runner/base/text.h"

/* Held until the process ends. -1: somebody else measures (the problem says who), or the file
 * cannot be opened. With `waits` the call returns when it is our turn; call it before
 * interrupt_watch, so that Ctrl-C ends the waiting. */
int lock_take(struct arena *arena, bool waits, struct problem *problem);

#endif
