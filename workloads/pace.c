#include "workloads/pace.h"

#include <time.h>

#include "workloads/probe.h"

/* A sleep ends too late by up to so much, so the last part is waited for awake. */
#define SLEEP_ERROR_NS 80000

struct pace pace_start(uint64_t rate, uint64_t thread, uint64_t threads)
{
    double turn_ns = 1e9 / (double)rate;
    return (struct pace){.start_ns = probe_clock_ns(),
                         .interval_ns = turn_ns * (double)threads,
                         .due_ns = turn_ns * (double)thread};
}

uint64_t pace_wait(struct pace *pace)
{
    uint64_t due_ns = pace->start_ns + (uint64_t)pace->due_ns;
    uint64_t now_ns = probe_clock_ns();
    pace->due_ns += pace->interval_ns;
    if (now_ns + 2 * SLEEP_ERROR_NS < due_ns) {
        uint64_t until_ns = due_ns - SLEEP_ERROR_NS;
        struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                                 .tv_nsec = (long)(until_ns % 1000000000)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    while (now_ns < due_ns) {
        now_ns = probe_clock_ns();
    }
    return now_ns - due_ns;
}
