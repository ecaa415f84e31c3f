#define _GNU_SOURCE
/* An allocator whose processes can be stopped by a test: the file that HAKMEM_HOLD names holds how
 * many more may run. The one after writes its process id beside it and waits to be killed. Every
 * process also notes how it was started in the file that HAKMEM_SPY names. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runner/tests/preload/bump.h"

static void spy(const char *path)
{
    cpu_set_t cores;
    int death = 0;
    sched_getaffinity(0, sizeof cores, &cores);
    prctl(PR_GET_PDEATHSIG, &death);
    const char *preload = getenv("LD_PRELOAD");
    FILE *file = fopen(path, "a");
    fprintf(file, "{\"cores\":%d,\"leads\":%d,\"death\":%d,\"preload\":\"%s\",\"stray\":%d}\n",
            CPU_COUNT(&cores), getpgrp() == getpid(), death, preload ? preload : "",
            getenv("STRAY") != NULL);
    fclose(file);
}

static void hold(const char *path)
{
    char name[4096];
    int left = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    if (fscanf(file, "%d", &left) != 1)
        left = 0;
    fclose(file);
    if (left > 0) {
        file = fopen(path, "w");
        fprintf(file, "%d\n", left - 1);
        fclose(file);
        return;
    }
    snprintf(name, sizeof name, "%s.new", path);
    file = fopen(name, "w");
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
    char final[4096];
    snprintf(final, sizeof final, "%s.pid", path);
    rename(name, final);
    for (;;)
        pause();
}

__attribute__((constructor)) static void start(void)
{
    if (getenv("HAKMEM_SPY") != NULL)
        spy(getenv("HAKMEM_SPY"));
    if (getenv("HAKMEM_HOLD") != NULL)
        hold(getenv("HAKMEM_HOLD"));
}
