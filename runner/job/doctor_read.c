#define _GNU_SOURCE
#include "runner/base/facts.h"
#include "runner/job/doctor.h"
#include "runner/process/host.h"
#include "runner/subject/record.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

static const char *read_line(struct arena *arena, const char *root, const char *path)
{
    return text_read_line(arena, arena_printf(arena, "%s%s", root, path));
}

static int read_number(struct arena *arena, const char *root, const char *path)
{
    const char *line = read_line(arena, root, path);
    long number;
    return line != NULL && text_to_long(line, -100, 1000000, &number) ? (int)number : RECORD_NONE;
}

/* "0-2,5" holds the core? */
static bool holds_core(const char *list, int core)
{
    for (const char *at = list; at != NULL && *at != '\0';) {
        char *end;
        const long first = strtol(at, &end, 10);
        if (end == at)
            return false;
        const long last = *end == '-' ? strtol(end + 1, &end, 10) : first;
        if (core >= first && core <= last)
            return true;
        at = *end == ',' ? end + 1 : NULL;
    }
    return false;
}

/* 1, 0, or not told. The files of the two drivers say the opposite of each other. */
static int read_turbo(struct arena *arena, const char *root)
{
    const int boost = read_number(arena, root, "/sys/devices/system/cpu/cpufreq/boost");
    const int off = read_number(arena, root, "/sys/devices/system/cpu/intel_pstate/no_turbo");
    return boost != RECORD_NONE ? boost : off != RECORD_NONE ? off == 0 : RECORD_NONE;
}

/* "quota period" in microseconds, or "max period"; of version 1 in two files. */
static double read_quota(struct arena *arena, const char *root)
{
    const char *line = read_line(arena, root, "/sys/fs/cgroup/cpu.max");
    if (line != NULL) {
        char *rest;
        const double quota = strtod(line, &rest);
        const double period = strtod(rest, NULL);
        return rest != line && period > 0 ? quota / period : RECORD_NONE;
    }
    const int quota = read_number(arena, root, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    const int period = read_number(arena, root, "/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    return quota > 0 && period > 0 ? (double)quota / period : RECORD_NONE;
}

/* Bytes of a line "Name:  123 kB". */
static int64_t read_memory(const char *meminfo, const char *name)
{
    const char *line = meminfo != NULL ? strstr(meminfo, name) : NULL;
    return line != NULL ? atoll(line + strlen(name)) * 1024 : RECORD_NONE;
}

static void read_cores(struct arena *arena, const char *root, struct doctor_readings *readings)
{
    cpu_set_t allowed;
    const char *siblings =
        arena_printf(arena, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                     readings->pinned_core);
    readings->siblings = read_line(arena, root, siblings);
    readings->isolated = read_line(arena, root, "/sys/devices/system/cpu/isolated");
    readings->is_isolated = holds_core(readings->isolated, readings->pinned_core);
    readings->is_shared = readings->siblings != NULL && strpbrk(readings->siblings, ",-") != NULL;
    readings->allowed_cores =
        sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

void doctor_read(struct arena *arena, const char *root, int pinned_core,
                 struct doctor_readings *readings)
{
    struct facts facts = {0};
    host_add_facts(arena, &facts);
    const char *load = read_line(arena, root, "/proc/loadavg");
    const char *meminfo = text_read_file(arena, arena_printf(arena, "%s/proc/meminfo", root));
    const char *thp = read_line(arena, root, "/sys/kernel/mm/transparent_hugepage/enabled");
    const char *open = thp != NULL ? strchr(thp, '[') : NULL;
    const int64_t swap = read_memory(meminfo, "SwapTotal:");
    *readings = (struct doctor_readings){
        .pinned_core = pinned_core,
        .governor =
            read_line(arena, root,
                      arena_printf(arena, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
                                   pinned_core)),
        .thp = open != NULL ? arena_copy_part(arena, open + 1, strcspn(open + 1, "]")) : NULL,
        .virtualisation = facts_get(&facts, "virtualisation"),
        .cores = atoi(facts_get(&facts, "cpu.cores")),
        .turbo = read_turbo(arena, root),
        .aslr = read_number(arena, root, "/proc/sys/kernel/randomize_va_space"),
        .overcommit = read_number(arena, root, "/proc/sys/vm/overcommit_memory"),
        .perf_paranoid = read_number(arena, root, "/proc/sys/kernel/perf_event_paranoid"),
        .quota_cores = read_quota(arena, root),
        .load = load != NULL ? strtod(load, NULL) : 0,
        .memory_total = read_memory(meminfo, "MemTotal:"),
        .memory_available = read_memory(meminfo, "MemAvailable:"),
        .swap_used = swap >= 0 ? swap - read_memory(meminfo, "SwapFree:") : 0,
    };
    /* setarch -R passes this on to every child. */
    const int personality_now = personality(0xffffffff);
    if (personality_now != -1 && (personality_now & ADDR_NO_RANDOMIZE) != 0)
        readings->aslr = 0;
    read_cores(arena, root, readings);
}
