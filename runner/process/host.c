#define _GNU_SOURCE
#include "runner/process/host.h"

#include "runner/process/git.h"

#include <ctype.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int host_find_root(struct arena *arena, const char **root, struct problem *problem)
{
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0)
        return problem_set(problem, "cannot read /proc/self/exe: %s: mount /proc", strerror(errno));
    path[length] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path)
            return problem_set(problem, "%s is not in the build folder of the repository", path);
        *slash = '\0';
    }
    *root = arena_copy(arena, path);
    return 0;
}

/* The value of the first "key<blanks>: value" line. */
static const char *find_field(struct arena *arena, const char *text, const char *key)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        const char *value = line + strlen(key);
        value += strspn(value, " \t");
        if (*value != ':')
            continue;
        value += 1 + strspn(value + 1, " \t");
        return arena_copy_part(arena, value, strcspn(value, "\n"));
    }
    return NULL;
}

/* The word in [brackets] of a line of /sys such as "always [madvise] never". */
static const char *chosen_word(struct arena *arena, const char *path)
{
    const char *line = text_read_line(arena, path);
    const char *open = line != NULL ? strchr(line, '[') : NULL;
    return open != NULL ? arena_copy_part(arena, open + 1, strcspn(open + 1, "]")) : NULL;
}

static const char *find_virtualisation(struct arena *arena, const char *cpuinfo)
{
    const char *flags = find_field(arena, cpuinfo, "flags");
    const bool guest = flags != NULL && strstr(flags, " hypervisor") != NULL;
    const char *product = text_read_line(arena, "/sys/class/dmi/id/product_name");
    const bool container =
        access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
    const char *machine = !guest ? "none" : product != NULL ? product : "virtual machine";
    return container ? arena_printf(arena, "%s, container", machine) : machine;
}

void host_add_facts(struct arena *arena, struct facts *facts)
{
    static const char thp[] = "/sys/kernel/mm/transparent_hugepage";
    const char *cpuinfo = text_read_file(arena, "/proc/cpuinfo");
    const char *meminfo = text_read_file(arena, "/proc/meminfo");
    cpuinfo = cpuinfo != NULL ? cpuinfo : "";
    const char *memory = meminfo != NULL ? find_field(arena, meminfo, "MemTotal") : NULL;
    struct utsname kernel;
    const bool has_kernel = uname(&kernel) == 0;

    const char *mhz = find_field(arena, cpuinfo, "cpu MHz");
    facts_add(arena, facts, "host.name", has_kernel ? kernel.nodename : NULL);
    facts_add(arena, facts, "cpu.model", find_field(arena, cpuinfo, "model name"));
    facts_add(arena, facts, "cpu.cores", arena_printf(arena, "%ld", sysconf(_SC_NPROCESSORS_ONLN)));
    facts_add(arena, facts, "cpu.mhz",
              mhz != NULL ? arena_printf(arena, "%.0f", strtod(mhz, NULL)) : NULL);
    facts_add(arena, facts, "cpu.governor",
              text_read_line(arena, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    facts_add(arena, facts, "cpu.microcode", find_field(arena, cpuinfo, "microcode"));
    facts_add(arena, facts, "kernel.release", has_kernel ? kernel.release : NULL);
    facts_add(arena, facts, "kernel.machine", has_kernel ? kernel.machine : NULL);
    facts_add(arena, facts, "memory.total_bytes",
              memory != NULL ? arena_printf(arena, "%lld", atoll(memory) * 1024) : NULL);
    facts_add(arena, facts, "memory.page_bytes", arena_printf(arena, "%ld", sysconf(_SC_PAGESIZE)));
    facts_add(arena, facts, "thp.enabled",
              chosen_word(arena, arena_printf(arena, "%s/enabled", thp)));
    facts_add(arena, facts, "thp.defrag",
              chosen_word(arena, arena_printf(arena, "%s/defrag", thp)));
    facts_add(arena, facts, "aslr", text_read_line(arena, "/proc/sys/kernel/randomize_va_space"));
    facts_add(arena, facts, "overcommit", text_read_line(arena, "/proc/sys/vm/overcommit_memory"));
    facts_add(arena, facts, "glibc.version", gnu_get_libc_version());
    facts_add(arena, facts, "virtualisation", find_virtualisation(arena, cpuinfo));
}

bool host_is_allocator_setting(const char *name_and_value)
{
    static const char *const families[] = {"HAKMEM_",   "MALLOC_",     "_RJEM_",    "MIMALLOC_",
                                           "TCMALLOC_", "TBB_MALLOC_", "JE_MALLOC_"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strncmp(name_and_value, families[i], strlen(families[i])) == 0)
            return true;
    return strncmp(name_and_value, "GLIBC_TUNABLES=", 15) == 0 ||
           strncmp(name_and_value, "LD_LIBRARY_PATH=", 16) == 0;
}

void host_add_environment(struct arena *arena, struct facts *facts)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL || !host_is_allocator_setting(*entry))
            continue;
        facts_add(arena, facts, arena_printf(arena, "env.%.*s", (int)(equals - *entry), *entry),
                  equals + 1);
    }
}

static long long own_ticks(int who)
{
    struct rusage usage;
    if (getrusage(who, &usage) != 0)
        return 0;
    const double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return (long long)(seconds * (double)sysconf(_SC_CLK_TCK));
}

struct host_ticks host_read_ticks(void)
{
    struct host_ticks ticks = {0};
    struct arena arena = {0};
    const char *line = text_read_line(&arena, "/proc/stat");
    if (line != NULL && strncmp(line, "cpu ", 4) == 0) {
        /* user nice system idle iowait irq softirq steal; guests are in user already. */
        char *at = arena_copy(&arena, line + 4);
        for (int column = 0; column < 8; column++) {
            const long long value = strtoll(at, &at, 10);
            ticks.total += value;
            ticks.busy += column != 3 && column != 4 && column != 7 ? value : 0;
            if (column == 7)
                ticks.stolen = value;
        }
    }
    arena_free(&arena);
    ticks.own = own_ticks(RUSAGE_SELF) + own_ticks(RUSAGE_CHILDREN);
    return ticks;
}

const char *host_read_load(struct arena *arena)
{
    char *line = text_read_line(arena, "/proc/loadavg");
    if (line != NULL)
        line[strcspn(line, " ")] = '\0';
    return line;
}

const char *host_read_commit(struct arena *arena, const char *root, int *dirty)
{
    static const char *const head[] = {"rev-parse", "HEAD", NULL};
    static const char *const status[] = {"status", "--porcelain", NULL};
    *dirty = -1;
    const char *commit, *changes;
    struct problem ignored = {0};
    if (git_run(arena, root, head, &commit, &ignored) != 0)
        return NULL;
    if (git_run(arena, root, status, &changes, &ignored) == 0)
        *dirty = *changes != '\0';
    return arena_copy_part(arena, commit, strcspn(commit, "\n"));
}

const char *host_now(struct arena *arena)
{
    struct timespec now;
    struct tm utc;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    return arena_printf(arena, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

int host_choose_cores(struct host_cores *cores, struct problem *problem)
{
    if (sched_getaffinity(0, sizeof cores->many, &cores->many) != 0)
        return problem_set(problem, "cannot read the allowed cores: %s", strerror(errno));
    cores->one_number = 0;
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &cores->many))
            cores->one_number = i;
    CPU_ZERO(&cores->one);
    CPU_SET(cores->one_number, &cores->one);
    return 0;
}

const char *host_cores_text(struct arena *arena, const cpu_set_t *cores)
{
    struct strings ranges = {0};
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, cores))
            continue;
        int last = i;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cores))
            last++;
        strings_add(arena, &ranges,
                    last > i ? arena_printf(arena, "%d-%d", i, last)
                             : arena_printf(arena, "%d", i));
        i = last;
    }
    return strings_join(arena, &ranges, ",");
}
