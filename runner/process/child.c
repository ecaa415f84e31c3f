#define _GNU_SOURCE
#include "runner/process/child.h"

#include "runner/base/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUT, ERR, IDENTITY, STARTED, PIPES };
enum { OUTPUT_MAX = 64 * 1024, ERRORS_MAX = 4 * 1024, IDENTITY_MAX = 8 * 1024, STARTED_MAX = 16 };

/* What is kept of one pipe: the first `room` bytes, or the last when `keeps_end`. */
struct stream {
    int fds[2]; /* read end, write end; -1 when closed */
    char *text;
    size_t used, room;
    bool keeps_end;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void stream_add(struct stream *stream, const char *bytes, size_t size)
{
    if (stream->keeps_end) {
        const size_t kept = size < stream->room ? size : stream->room;
        const size_t old = stream->used + kept > stream->room ? stream->room - kept : stream->used;
        memmove(stream->text, stream->text + stream->used - old, old);
        memcpy(stream->text + old, bytes + size - kept, kept);
        stream->used = old + kept;
    } else {
        const size_t room = stream->room - stream->used;
        const size_t kept = size < room ? size : room;
        memcpy(stream->text + stream->used, bytes, kept);
        stream->used += kept;
    }
}

/* Takes what is there now; closes the pipe at its end. Reading goes on when there is no room
 * left, so that a chatty child is never blocked. */
static void stream_drain(struct stream *stream)
{
    char bytes[16 * 1024];
    while (stream->fds[0] >= 0) {
        const ssize_t got = read(stream->fds[0], bytes, sizeof bytes);
        if (got > 0)
            stream_add(stream, bytes, (size_t)got);
        else if (got < 0 && errno == EINTR)
            continue;
        else if (got < 0 && errno == EAGAIN)
            return;
        else
            close_end(&stream->fds[0]);
    }
}

static int streams_open(struct arena *arena, const struct child_request *request,
                        struct stream streams[PIPES], struct problem *problem)
{
    const size_t rooms[PIPES] = {request->output_max > 0 ? request->output_max : OUTPUT_MAX,
                                 request->errors_max > 0 ? request->errors_max : ERRORS_MAX,
                                 IDENTITY_MAX, STARTED_MAX};
    for (int i = 0; i < PIPES; i++) {
        streams[i] = (struct stream){.fds = {-1, -1}, .room = rooms[i], .keeps_end = i == ERR};
        streams[i].text = arena_alloc(arena, rooms[i] + 1);
    }
    for (int i = 0; i < PIPES; i++)
        if (pipe2(streams[i].fds, O_CLOEXEC) != 0 ||
            fcntl(streams[i].fds[0], F_SETFL, O_NONBLOCK) != 0)
            return problem_set(problem, "cannot make a pipe: %s", strerror(errno));
    return 0;
}

static void streams_close(struct stream streams[PIPES])
{
    for (int i = 0; i < PIPES; i++) {
        close_end(&streams[i].fds[0]);
        close_end(&streams[i].fds[1]);
    }
}

/* In the child, between fork and exec. What fails is told by its errno on the STARTED pipe,
 * which exec closes. */
static void become(const struct child_request *request, struct stream streams[PIPES], pid_t runner)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool ok = null >= 0 && setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
              dup2(null, STDIN_FILENO) >= 0;
    if (getppid() != runner)
        _exit(127); /* The runner died before the kernel was asked to tell us so. */
    if (request->output != CHILD_SHOW) {
        const int out = request->output == CHILD_CAPTURE ? streams[OUT].fds[1] : null;
        ok = ok && dup2(out, STDOUT_FILENO) >= 0 && dup2(streams[ERR].fds[1], STDERR_FILENO) >= 0;
    }
    if (request->wants_identity)
        ok = ok && dup2(streams[IDENTITY].fds[1], CHILD_IDENTITY_FD) >= 0;
    for (int i = 0; i < request->descriptor_count; i++)
        ok = ok && dup2(request->descriptors[i].fd, request->descriptors[i].as) >= 0;
    if (request->cores != NULL)
        ok = ok && sched_setaffinity(0, sizeof *request->cores, request->cores) == 0;
    interrupt_restore_in_child();
    if (ok)
        execve(request->argv[0], (char *const *)(uintptr_t)request->argv,
               (char *const *)(uintptr_t)request->environment);
    const int error = errno;
    _exit(write(streams[STARTED].fds[1], &error, sizeof error) > 0 ? 127 : 126);
}

/* What is polled besides the pipes. A child that is not looked at has no timer (-1). */
struct watched {
    pid_t pid;
    int pidfd, timer;
    int64_t start, deadline; /* CLOCK_MONOTONIC; deadline 0: none */
};

static int start_ticks(const struct child_request *request)
{
    if (request->tick_ns == 0)
        return -1;
    const struct timespec interval = {.tv_sec = request->tick_ns / 1000000000,
                                      .tv_nsec = request->tick_ns % 1000000000};
    const struct itimerspec ticks = {.it_interval = interval, .it_value = interval};
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer >= 0)
        timerfd_settime(timer, 0, &ticks, NULL);
    return timer;
}

/* Before exec, which closes the pipe, there is only a copy of the runner to be seen. */
static void take_ticks(const struct child_request *request, const struct watched *watched,
                       const struct stream *started)
{
    uint64_t missed;
    if (watched->timer >= 0 && read(watched->timer, &missed, sizeof missed) > 0 &&
        started->fds[0] < 0)
        request->tick(request->tick_context, watched->pid, now_ns() - watched->start);
}

/* Watches until the child has ended, been killed for time, or the runner is asked to stop. */
static enum child_end watch(const struct child_request *request, const struct watched *watched,
                            struct stream streams[PIPES])
{
    const int64_t deadline = watched->deadline;
    enum child_end end = CHILD_EXITED;
    for (;;) {
        struct pollfd polled[PIPES + 2] = {{.fd = watched->pidfd, .events = POLLIN}};
        for (int i = 0; i < PIPES; i++)
            polled[i + 1] = (struct pollfd){.fd = streams[i].fds[0], .events = POLLIN};
        polled[PIPES + 1] = (struct pollfd){.fd = watched->timer, .events = POLLIN};
        struct timespec left = {0};
        if (deadline != 0) {
            const int64_t ns = deadline - now_ns();
            if (ns > 0)
                left = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
        }
        const bool has_deadline = deadline != 0 && end == CHILD_EXITED;
        const int ready = interrupt_poll(polled, PIPES + 2, has_deadline ? &left : NULL);
        for (int i = 0; i < PIPES; i++)
            stream_drain(&streams[i]);
        take_ticks(request, watched, &streams[STARTED]);
        if (ready > 0 && polled[0].revents != 0)
            return end;
        if (end == CHILD_EXITED && interrupt_pending())
            end = CHILD_INTERRUPTED;
        else if (end == CHILD_EXITED && has_deadline && now_ns() >= deadline)
            end = CHILD_TIMED_OUT;
        else
            continue;
        kill(-watched->pid, SIGKILL);
    }
}

static void reap(pid_t pid, enum child_end end, struct child_result *result)
{
    /* What the child left running in its group must not disturb the next sample. The leader is
     * a zombie until wait4, so its number cannot have been given to anybody else. */
    kill(-pid, SIGKILL);
    int status = 0;
    while (wait4(pid, &status, 0, &result->usage) < 0 && errno == EINTR)
        continue;
    result->end = end;
    if (WIFSIGNALED(status))
        result->signal = WTERMSIG(status);
    else
        result->exit_code = WEXITSTATUS(status);
    if (end == CHILD_EXITED && WIFSIGNALED(status))
        result->end = CHILD_SIGNALLED;
}

static int run(const struct child_request *request, struct stream streams[PIPES],
               struct child_result *result, struct problem *problem)
{
    const pid_t runner = getpid();
    const int64_t start = now_ns();
    const pid_t pid = fork();
    if (pid < 0)
        return problem_set(problem, "cannot start a process: %s", strerror(errno));
    if (pid == 0)
        become(request, streams, runner);
    setpgid(pid, pid); /* Both sides do it: whoever comes first, the group exists. */
    for (int i = 0; i < PIPES; i++)
        close_end(&streams[i].fds[1]);
    const int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        const int error = errno;
        reap(pid, CHILD_EXITED, result);
        return problem_set(problem, "cannot watch a process (pidfd_open: %s): Linux 5.3 is needed",
                           strerror(error));
    }
    const int64_t limit = (int64_t)(request->timeout_s * 1e9);
    struct watched watched = {
        .pid = pid, .pidfd = pidfd, .start = start, .deadline = limit > 0 ? start + limit : 0};
    watched.timer = start_ticks(request);
    const enum child_end end = watch(request, &watched, streams);
    result->ended_ns = now_ns();
    result->wall_ns = result->ended_ns - start;
    close_end(&watched.timer);
    close(pidfd);
    reap(pid, end, result);
    for (int i = 0; i < PIPES; i++)
        stream_drain(&streams[i]);
    return 0;
}

int child_run(struct arena *arena, const struct child_request *request, struct child_result *result,
              struct problem *problem)
{
    *result = (struct child_result){0};
    struct stream streams[PIPES];
    int status = streams_open(arena, request, streams, problem);
    if (status == 0)
        status = run(request, streams, result, problem);
    streams_close(streams);
    if (status != 0)
        return status;
    if (streams[STARTED].used > 0 && result->end != CHILD_INTERRUPTED) {
        int error;
        memcpy(&error, streams[STARTED].text, sizeof error);
        return problem_set(problem, "cannot run %s: %s", request->argv[0], strerror(error));
    }
    result->output = streams[OUT].text;
    result->errors = streams[ERR].text;
    result->identity = streams[IDENTITY].text;
    return 0;
}
