/* What address space is taken is what is used: a process that does nothing has little of it, one
 * with 600 000 blocks that nobody touches has a few mappings, and pages are locked when they are
 * wanted and not before. */
#include <sys/resource.h>

#include "allocator/tests/check.h"

#define MIB ((size_t)1 << 20)

enum { BLOCKS = 600000, BLOCK = 200000, MAPS_MAX = 5000, SKIPPED = 77 };

static size_t status_kib(const char *name)
{
    char line[256];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    CHECK(file != NULL, "status: %s", strerror(errno));
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoul(line + strlen(name) + 1, NULL, 10);
    fclose(file);
    return kib;
}

static size_t count_maps(void)
{
    size_t lines = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    CHECK(file != NULL, "maps: %s", strerror(errno));
    for (int c; (c = fgetc(file)) != EOF;)
        lines += c == '\n';
    fclose(file);
    return lines;
}

/* Which bounds the size of a core file, too: no page of ours is there without being used. */
static void a_small_process_is_small(void)
{
    const size_t kib = status_kib("VmSize");
    CHECK(kib <= 64 << 10, "%zu KiB of addresses at the start", kib);
}

static void blocks_share_mappings(void)
{
    static void *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
        CHECK((blocks[i] = malloc(BLOCK)) != NULL, "block %zu", i);
    const size_t maps = count_maps();
    CHECK(maps < MAPS_MAX, "%zu mappings", maps);
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
}

/* Of what comes after MCL_FUTURE everything is locked, of what MCL_CURRENT finds what is there. */
static void what_comes_is_locked(int flags, size_t least, size_t most)
{
    enum { SMALL = 40000 };
    static char *blocks[SMALL];
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    (void)setrlimit(RLIMIT_MEMLOCK, &limit); /* who may lock without limit need not raise it */
    if (mlockall(flags) != 0)
        _exit(SKIPPED);
    for (size_t i = 0; i < SMALL; i++) {
        CHECK((blocks[i] = malloc(1000)) != NULL, "block %zu", i);
        memset(blocks[i], 1, 1000);
    }
    char *big = malloc(20 * MIB);
    CHECK(big != NULL, "20 MiB");
    memset(big, 1, 20 * MIB);
    const size_t locked = status_kib("VmLck") << 10;
    CHECK(locked >= least && locked <= most, "%zu bytes are locked, of %zu that are there", locked,
          status_kib("VmRSS") << 10);
}

static int in_a_child(int flags, size_t least, size_t most)
{
    const pid_t child = fork();
    if (child == 0) {
        what_comes_is_locked(flags, least, most);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
    CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == SKIPPED),
          "mlockall(%d): status %#x", flags, status);
    return WEXITSTATUS(status);
}

int main(void)
{
    check_identity();
    a_small_process_is_small();
    if (in_a_child(MCL_FUTURE, 50 * MIB, 140 * MIB) == SKIPPED)
        puts("memory cannot be locked here");
    in_a_child(MCL_CURRENT, 0, 40 * MIB);
    in_a_child(MCL_CURRENT | MCL_FUTURE, 50 * MIB, 140 * MIB);
    if (on_hakmem()) /* the C library maps each of them alone, and may not have so many */
        blocks_share_mappings();
    return 0;
}
