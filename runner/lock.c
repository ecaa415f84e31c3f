#define _GNU_SOURCE
#include "runner/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_lock(const char *path)
{
    /* Without O_CREAT first: the kernel forbids creating over a file of another user in /tmp. */
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd >= 0)
            (void)fchmod(fd, 0666); /* The umask may have kept other users out. */
        else if (errno == EEXIST)
            fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    }
    return fd >= 0 ? fd : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int lock_take(struct arena *arena, bool waits, struct problem *problem)
{
    const char *path = getenv("HAKBENCH_LOCK");
    if (path == NULL || *path == '\0')
        path = "/tmp/hakbench.lock";
    const int fd = open_lock(path);
    if (fd < 0)
        return problem_set(problem,
                           "cannot open the lock %s: %s: set HAKBENCH_LOCK to another "
                           "file",
                           path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const char *holder = text_read_line(arena, path);
        const char *who = holder != NULL && *holder != '\0' ? holder : "another process";
        if (!waits) {
            close(fd);
            return problem_set(problem,
                               "%s is measuring on this machine (%s): wait for it, or "
                               "give --wait",
                               who, path);
        }
        fprintf(stderr, "hakbench: waiting for %s (%s)\n", who, path);
        while (flock(fd, LOCK_EX) != 0)
            if (errno != EINTR) {
                const int error = errno;
                close(fd);
                return problem_set(problem, "cannot lock %s: %s", path, strerror(error));
            }
    }
    /* Only a name for messages: a lock whose holder cannot be written is still a lock. */
    char holder[64];
    const int length = snprintf(holder, sizeof holder, "hakbench, process %ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)length, 0) != length)
        return 0;
    return 0;
}
