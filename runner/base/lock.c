#define _GNU_SOURCE
#include "runner/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    return fd;
}

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

/* Who holds it, as far as the kernel tells; it may just have been dropped. */
static const char *find_holder(struct arena *arena, int fd)
{
    struct flock held = whole_file();
    if (fcntl(fd, F_GETLK, &held) != 0 || held.l_type == F_UNLCK || held.l_pid <= 0)
        return "another process";
    return arena_printf(arena, "process %ld", (long)held.l_pid);
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
    struct flock wanted = whole_file();
    if (fcntl(fd, F_SETLK, &wanted) == 0)
        return 0;
    const char *who = find_holder(arena, fd);
    if (!waits) {
        close(fd);
        return problem_set(problem,
                           "%s is measuring on this machine (lock %s): wait for it, or give "
                           "--wait",
                           who, path);
    }
    fprintf(stderr, "hakbench: waiting for %s (lock %s)\n", who, path);
    while (fcntl(fd, F_SETLKW, &wanted) != 0)
        if (errno != EINTR) {
            const int error = errno;
            close(fd);
            return problem_set(problem, "cannot lock %s: %s", path, strerror(error));
        }
    return 0;
}
