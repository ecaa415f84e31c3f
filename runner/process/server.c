#define _GNU_SOURCE
#include "runner/process/server.h"

#include "runner/base/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_SECONDS = 20, FAREWELL_SECONDS = 20 };

static int open_notify(const char *path, struct problem *problem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return problem_set(problem, "%s is too long for a socket: set TMPDIR to a shorter path",
                           path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    unlink(path);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        problem_set(problem, "cannot make the socket %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* Until a datagram has a line READY=1. */
static bool wait_until_ready(int fd)
{
    const struct timespec patience = {.tv_sec = READY_SECONDS};
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    while (interrupt_poll(&polled, 1, &patience) > 0) {
        char text[1024];
        const ssize_t got = recv(fd, text, sizeof text - 1, 0);
        if (got < 0)
            return false;
        text[got] = '\0';
        if (strncmp(text, "READY=1", 7) == 0 || strstr(text, "\nREADY=1") != NULL)
            return true;
    }
    return false;
}

/* The process beside us; it never touches the database. */
static enum hyperfine_end drive(const struct server_client *client, int notify,
                                struct problem *problem)
{
    struct arena arena = {0};
    enum hyperfine_end end = HYPERFINE_FAILED;
    if (wait_until_ready(notify))
        end = hyperfine_run(&arena, &client->call, problem);
    else
        problem_set(problem, "the server was not ready within %d s", READY_SECONDS);
    const struct child_request farewell = {.argv = client->farewell,
                                           .environment = client->call.environment,
                                           .timeout_s = FAREWELL_SECONDS,
                                           .output = CHILD_DISCARD};
    struct child_result ignored;
    struct problem unsaid = {0};
    child_run(&arena, &farewell, &ignored, &unsaid);
    arena_free(&arena);
    return end;
}

int server_client_start(struct server_client *client, struct problem *problem)
{
    int pipe_fds[2];
    const int notify = open_notify(client->notify, problem);
    if (notify < 0)
        return -1;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        close(notify);
        return problem_set(problem, "cannot make a pipe: %s", strerror(errno));
    }
    const pid_t runner = getpid();
    client->driver = fork();
    if (client->driver == 0) {
        struct problem own = {0};
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != runner)
            _exit(HYPERFINE_FAILED);
        const enum hyperfine_end end = drive(client, notify, &own);
        const bool told = write(pipe_fds[1], own.text, strlen(own.text)) >= 0;
        _exit(told ? (int)end : HYPERFINE_FAILED);
    }
    close(notify);
    close(pipe_fds[1]);
    client->reasons = pipe_fds[0];
    if (client->driver > 0 && setenv("NOTIFY_SOCKET", client->notify, 1) == 0)
        return 0;
    problem_set(problem, "cannot start a process: %s", strerror(errno));
    close(client->reasons);
    return -1;
}

enum hyperfine_end server_client_end(struct server_client *client, bool is_ok,
                                     struct problem *problem)
{
    int status = 0;
    unsetenv("NOTIFY_SOCKET");
    if (!is_ok)
        kill(client->driver, SIGKILL); /* And the kernel all that it started. */
    while (waitpid(client->driver, &status, 0) < 0 && errno == EINTR)
        continue;
    const ssize_t got = read(client->reasons, problem->text, sizeof problem->text - 1);
    problem->text[got > 0 ? got : 0] = '\0';
    close(client->reasons);
    unlink(client->notify);
    client->driver = 0;
    if (!WIFEXITED(status)) {
        problem_set(problem, "the client was given up, because the server did not end well");
        return HYPERFINE_FAILED;
    }
    return (enum hyperfine_end)WEXITSTATUS(status);
}
