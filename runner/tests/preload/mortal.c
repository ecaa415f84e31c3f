/* An allocator that ends or stops its process after so many calls of malloc, or takes 50 ms for one
 * of them: HAKMEM_MORTAL is kill, stop or stall. */
#define _GNU_SOURCE
#define BUMP_OWN_MALLOC 1

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "runner/tests/preload/bump.h"

enum { CALLS = 20000 };

static void strike(void)
{
    const char *how = getenv("HAKMEM_MORTAL");
    if (how != NULL && strcmp(how, "kill") == 0)
        raise(SIGKILL);
    for (; how != NULL && strcmp(how, "stop") == 0;)
        pause();
    if (how != NULL && strcmp(how, "stall") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

void *malloc(size_t size)
{
    static int calls;
    if (++calls == CALLS)
        strike();
    return bump(size, 16);
}
