/* The doctor: from files of a machine to readings, and from readings to warnings. */
#define _GNU_SOURCE
#include "runner/job/doctor.h"
#include "runner/subject/record.h"
#include "runner/tests/unit/scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static const char *folder;

static int setup(void **state)
{
    (void)state;
    folder = scratch_folder(&arena);
    return folder != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    const char *command = arena_printf(&arena, "rm -r %s", folder);
    const int status = system(command);
    arena_free(&arena);
    return status;
}

/* A file of the machine below the folder. */
static void put_file(const char *path, const char *text)
{
    char *full = arena_printf(&arena, "%s%s", folder, path);
    for (char *slash = full + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        assert_true(mkdir(full, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", text);
    fclose(file);
}

/* A machine of which nothing is to be said. */
static struct doctor_readings healthy(void)
{
    return (struct doctor_readings){
        .governor = "performance",
        .thp = "madvise",
        .virtualisation = "none",
        .isolated = "3",
        .siblings = "3",
        .pinned_core = 3,
        .is_isolated = true,
        .cores = 4,
        .allowed_cores = 4,
        .turbo = 0,
        .aslr = 2,
        .overcommit = 0,
        .quota_cores = RECORD_NONE,
        .memory_total = (int64_t)8 << 30,
        .memory_available = (int64_t)6 << 30,
        .aa_samples = 24,
        .aa_spread = 0.01,
    };
}

static void assert_raises(const struct doctor_readings *readings, const char *expected)
{
    bool raised[DOCTOR_WARNINGS], is_doubt = false;
    const bool fit = doctor_judge(readings, raised);
    for (int w = 0; w < DOCTOR_WARNINGS; w++) {
        const struct doctor_rule *rule = doctor_rule_of((enum doctor_warning)w);
        if (raised[w] != (strcmp(rule->name, expected) == 0))
            fail_msg("%s: raised %d", rule->name, raised[w]);
        is_doubt = is_doubt || (raised[w] && rule->is_doubt);
    }
    assert_int_equal(fit, !is_doubt);
}

#define RAISES(name, change)                                                                       \
    do {                                                                                           \
        struct doctor_readings r = healthy();                                                      \
        change;                                                                                    \
        assert_raises(&r, name);                                                                   \
    } while (0)

static void each_reading_raises_its_own_warning(void **state)
{
    (void)state;
    RAISES("", (void)r);
    RAISES("governor", r.governor = "powersave");
    RAISES("", r.governor = NULL);
    RAISES("turbo", r.turbo = 1);
    RAISES("", r.turbo = RECORD_NONE);
    RAISES("steal", r.steal_percent = 1.5);
    RAISES("foreign", r.foreign_percent = 20);
    RAISES("load", r.load = 4.5);
    RAISES("quota", r.quota_cores = 1.5);
    RAISES("", r.quota_cores = 4);
    RAISES("one-core", r.allowed_cores = 1);
    RAISES("siblings", r.is_shared = true);
    RAISES("not-isolated", r.is_isolated = false);
    RAISES("memory", r.memory_available = 900 << 20);
    RAISES("memory", r.memory_total = (int64_t)64 << 30);
    RAISES("", r.memory_available = RECORD_NONE);
    RAISES("swap", r.swap_used = 1 << 30);
    RAISES("overcommit", r.overcommit = 2);
    RAISES("aslr", r.aslr = 0);
    RAISES("thp", r.thp = "always");
    RAISES("virtual", r.virtualisation = "KVM");
    RAISES("aa-noisy", r.aa_spread = 0.06);
    RAISES("aa-missing", (r.aa_samples = 0, r.aa_missing = "not built"));
    RAISES("", r.aa_samples = 0);
}

static void every_warning_has_a_name_of_its_own_and_a_remedy(void **state)
{
    (void)state;
    const struct doctor_readings readings = healthy();
    for (int w = 0; w < DOCTOR_WARNINGS; w++) {
        const struct doctor_rule *rule = doctor_rule_of((enum doctor_warning)w);
        assert_non_null(rule->name);
        assert_true(strlen(rule->text) > 10 && strlen(rule->text) < 90);
        assert_true(strlen(rule->remedy) > 5);
        assert_non_null(doctor_detail(&arena, (enum doctor_warning)w, &readings));
        for (int other = 0; other < w; other++)
            assert_string_not_equal(rule->name, doctor_rule_of((enum doctor_warning)other)->name);
    }
}

static void files_become_readings(void **state)
{
    (void)state;
    struct doctor_readings r;
    put_file("/proc/loadavg", "3.25 1.00 0.50 2/300 12345");
    put_file("/proc/meminfo", "MemTotal:        8000000 kB\nMemFree: 1 kB\n"
                              "MemAvailable:    3000000 kB\nSwapTotal:       500000 kB\n"
                              "SwapFree:        400000 kB");
    put_file("/proc/sys/kernel/randomize_va_space", "1");
    put_file("/proc/sys/kernel/perf_event_paranoid", "-1");
    put_file("/proc/sys/vm/overcommit_memory", "2");
    put_file("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never");
    put_file("/sys/devices/system/cpu/isolated", "1,4-6");
    put_file("/sys/devices/system/cpu/cpu5/topology/thread_siblings_list", "1,5");
    put_file("/sys/devices/system/cpu/cpu5/cpufreq/scaling_governor", "schedutil");
    put_file("/sys/devices/system/cpu/intel_pstate/no_turbo", "0");
    put_file("/sys/fs/cgroup/cpu.max", "150000 100000");
    doctor_read(&arena, folder, 5, &r);
    assert_float_equal(r.load, 3.25, 1e-9);
    assert_true(r.memory_total == (int64_t)8000000 * 1024);
    assert_true(r.memory_available == (int64_t)3000000 * 1024);
    assert_true(r.swap_used == (int64_t)100000 * 1024);
    assert_int_equal(r.perf_paranoid, -1);
    assert_int_equal(r.overcommit, 2);
    assert_string_equal(r.thp, "always");
    assert_true(r.is_isolated && r.is_shared);
    assert_string_equal(r.governor, "schedutil");
    assert_int_equal(r.turbo, 1);
    assert_float_equal(r.quota_cores, 1.5, 1e-9);
    doctor_read(&arena, folder, 2, &r);
    assert_true(!r.is_isolated && !r.is_shared);
    assert_null(r.governor);
    put_file("/sys/fs/cgroup/cpu.max", "max 100000");
    put_file("/sys/devices/system/cpu/cpufreq/boost", "0");
    doctor_read(&arena, folder, 2, &r);
    assert_float_equal(r.quota_cores, RECORD_NONE, 1e-9);
    assert_int_equal(r.turbo, 0);
}

static void what_the_machine_does_not_tell_raises_no_doubt(void **state)
{
    (void)state;
    struct doctor_readings r;
    bool raised[DOCTOR_WARNINGS];
    doctor_read(&arena, "/nowhere", 0, &r);
    assert_int_equal(r.turbo, RECORD_NONE);
    assert_null(r.thp);
    assert_true(r.memory_available == RECORD_NONE && r.swap_used == 0);
    assert_true(doctor_judge(&r, raised) || r.aslr == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reading_raises_its_own_warning),
        cmocka_unit_test(every_warning_has_a_name_of_its_own_and_a_remedy),
        cmocka_unit_test(files_become_readings),
        cmocka_unit_test(what_the_machine_does_not_tell_raises_no_doubt),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
