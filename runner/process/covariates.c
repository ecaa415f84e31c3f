#define _GNU_SOURCE
#include "runner/process/covariates.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Fixed before anything was measured, and the same for all cells. */
static const double steal_max = 0.03, foreign_max = 0.08, switches_max = 60;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A line "cpu3 user nice system idle iowait irq softirq steal ...". Guests are in user already. */
static void add_core(const char *line, struct covariates_start *start)
{
    char *at;
    const long core = strtol(line + 3, &at, 10);
    if (core < 0 || core >= CPU_SETSIZE || !CPU_ISSET((size_t)core, start->cores))
        return;
    for (int column = 0; column < 8; column++) {
        const long long value = strtoll(at, &at, 10);
        if (column == 7)
            start->stolen_ticks += value;
        else if (column != 3 && column != 4)
            start->busy_ticks += value;
    }
}

struct covariates_start covariates_begin(const cpu_set_t *cores)
{
    struct covariates_start start = {.at_ns = now_ns(), .cores = cores};
    struct arena arena = {0};
    const char *line = text_read_file(&arena, "/proc/stat");
    for (; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "cpu", 3) == 0 && line[3] >= '0' && line[3] <= '9')
            add_core(line, &start);
    }
    arena_free(&arena);
    return start;
}

struct covariates covariates_end(const struct covariates_start *start, int64_t own_ns,
                                 int64_t switches)
{
    const struct covariates_start now = covariates_begin(start->cores);
    const double tick_ns = 1e9 / (double)sysconf(_SC_CLK_TCK);
    struct covariates result = {.wall_ns = now.at_ns - start->at_ns};
    const double time_ns = (double)result.wall_ns * CPU_COUNT(start->cores);
    if (result.wall_ns <= 0)
        return result;
    result.steal = (double)(now.stolen_ticks - start->stolen_ticks) * tick_ns / time_ns;
    result.foreign =
        ((double)(now.busy_ticks - start->busy_ticks) * tick_ns - (double)own_ns) / time_ns;
    if (result.foreign < 0)
        result.foreign = 0;
    result.switches = (double)switches * 1e9 / (double)result.wall_ns;
    return result;
}

const char *covariates_void(struct arena *arena, const struct covariates *covariates,
                            bool is_pinned)
{
    if (covariates->steal > steal_max)
        return arena_printf(arena, "steal %.1f %%", 100 * covariates->steal);
    if (covariates->foreign > foreign_max)
        return arena_printf(arena, "foreign processor time %.1f %%", 100 * covariates->foreign);
    if (is_pinned && covariates->switches > switches_max)
        return arena_printf(arena, "%.0f involuntary switches a second", covariates->switches);
    return NULL;
}
