/* libhakprobe.so: proves whose malloc an arbitrary program runs with.
 *
 * Preloaded before the allocator, so that it is initialised after it. Before main() it writes the
 * identity as one line of JSON to the inherited descriptor that HAKBENCH_IDENTITY_FD names, closes
 * that descriptor and removes the variable, so that only the first process answers and its children
 * are left in peace. Without the variable, or with a useless value, it does nothing: the program
 * must run as it always does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "workloads/identity.h"

#define IDENTITY_FD "HAKBENCH_IDENTITY_FD"

/* Takes the variable out of the environment, in place, for the program's main() gets the same
 * array. By hand, because a program may bring its own getenv and unsetenv, which are not ready
 * before its main() (bash does). The value stays where it is. */
static const char *take_variable(const char *name)
{
    const char *value = NULL;
    size_t length = strlen(name);
    char **kept = environ;
    for (char **entry = environ; entry && *entry; entry++) {
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') {
            value = *entry + length + 1;
        } else {
            *kept++ = *entry;
        }
    }
    if (value) {
        *kept = NULL;
    }
    return value;
}

/* 3 or above: the standard streams belong to the program. */
static int parse_fd(const char *text)
{
    int fd = 0;
    if (!text || *text == '\0') {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || fd > 100000) {
            return -1;
        }
        fd = fd * 10 + (*text - '0');
    }
    return fd >= 3 ? fd : -1;
}

static void write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return;
        }
        bytes += written;
        count -= (size_t)written;
    }
}

__attribute__((constructor)) static void report_identity(void)
{
    int fd = parse_fd(take_variable(IDENTITY_FD));
    if (fd < 0) {
        return;
    }
    int error_before = errno;
    struct identity identity;
    char line[IDENTITY_JSON_MAX];
    identity_read(&identity);
    int length = identity_json(&identity, line, sizeof line - 1);
    if (length > 0) {
        line[length] = '\n';
        write_all(fd, line, (size_t)length + 1);
    }
    close(fd);
    errno = error_before;
}
