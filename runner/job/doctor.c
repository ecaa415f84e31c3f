#include "runner/job/doctor.h"

#include "runner/store/noise.h"

#include <string.h>

/* Less than this, or a tenth of all, and the page cache is about to be squeezed. */
static const int64_t memory_least = 1 << 30;

static const struct doctor_rule rules[DOCTOR_WARNINGS] = {
    [DOCTOR_GOVERNOR] = {"governor", true, "the clock follows the load, and times with it",
                         "cpupower frequency-set -g performance"},
    [DOCTOR_TURBO] = {"turbo", false, "the clock depends on heat and on the other cores",
                      "echo 0 >/sys/devices/system/cpu/cpufreq/boost, or echo 1 "
                      ">/sys/devices/system/cpu/intel_pstate/no_turbo"},
    [DOCTOR_STEAL] = {"steal", true, "the hypervisor gives processor time to others",
                      "measure at another time, or on a machine of its own"},
    [DOCTOR_FOREIGN] = {"foreign", true, "other processes take processor time",
                        "see who with top, and stop them"},
    [DOCTOR_LOAD] = {"load", false, "more was running than there are cores, a minute ago at most",
                     "wait until it is over"},
    [DOCTOR_QUOTA] = {"quota", true, "a control group stops processes that used up their share",
                      "start the container without a limit of processors (docker --cpus)"},
    [DOCTOR_ONE_CORE] = {"one-core", false, "threads of a workload never run at the same time",
                         "allow two cores or more (taskset, docker --cpuset-cpus)"},
    [DOCTOR_SIBLINGS] = {"siblings", false, "the pinned core shares its units with another thread",
                         "echo off >/sys/devices/system/cpu/smt/control"},
    [DOCTOR_NOT_ISOLATED] = {"not-isolated", false,
                             "the scheduler may put others on the pinned core",
                             "boot with isolcpus= and nohz_full= and that core"},
    [DOCTOR_MEMORY] = {"memory", true, "little memory is left: reclaim would be measured, too",
                       "stop what holds it (ps --sort=-rss aux)"},
    [DOCTOR_SWAP] = {"swap", false, "some memory is swapped out: it may come back meanwhile",
                     "swapoff -a && swapon -a"},
    [DOCTOR_OVERCOMMIT] = {"overcommit", true,
                           "strict accounting refuses address space that allocators reserve",
                           "sysctl vm.overcommit_memory=0"},
    [DOCTOR_ASLR] = {"aslr", true, "addresses are always the same: their luck does not average out",
                     "sysctl kernel.randomize_va_space=2, and not under setarch -R"},
    [DOCTOR_THP] = {"thp", false, "the kernel may give huge pages unasked: faults and memory vary",
                    "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"},
    [DOCTOR_VIRTUAL] = {"virtual", false, "a virtual machine: what disturbs it may be invisible",
                        "trust intervals over interleaved samples alone"},
    [DOCTOR_AA_NOISY] = {"aa-noisy", true, "the same build differs from itself",
                         "heed the other warnings; else raise --repeats"},
    [DOCTOR_AA_MISSING] = {"aa-missing", true, "nothing is known of the noise",
                           "make what is missing, and call this again"},
};

const struct doctor_rule *doctor_rule_of(enum doctor_warning warning)
{
    return &rules[warning];
}

static bool is_memory_short(const struct doctor_readings *r)
{
    return r->memory_available >= 0 &&
           (r->memory_available < memory_least || r->memory_available < r->memory_total / 10);
}

bool doctor_judge(const struct doctor_readings *r, bool raised[DOCTOR_WARNINGS])
{
    raised[DOCTOR_GOVERNOR] = r->governor != NULL && strcmp(r->governor, "performance") != 0;
    raised[DOCTOR_TURBO] = r->turbo == 1;
    raised[DOCTOR_STEAL] = r->steal_percent > NOISE_STEAL_MAX;
    raised[DOCTOR_FOREIGN] = r->foreign_percent > NOISE_FOREIGN_MAX;
    raised[DOCTOR_LOAD] = r->load > r->cores;
    raised[DOCTOR_QUOTA] = r->quota_cores >= 0 && r->quota_cores < r->allowed_cores;
    raised[DOCTOR_ONE_CORE] = r->allowed_cores == 1;
    raised[DOCTOR_SIBLINGS] = r->is_shared;
    raised[DOCTOR_NOT_ISOLATED] = !r->is_isolated;
    raised[DOCTOR_MEMORY] = is_memory_short(r);
    raised[DOCTOR_SWAP] = r->swap_used > r->memory_total / 50;
    raised[DOCTOR_OVERCOMMIT] = r->overcommit == 2;
    raised[DOCTOR_ASLR] = r->aslr == 0;
    raised[DOCTOR_THP] = r->thp != NULL && strcmp(r->thp, "always") == 0;
    raised[DOCTOR_VIRTUAL] = r->virtualisation != NULL && strcmp(r->virtualisation, "none") != 0;
    raised[DOCTOR_AA_NOISY] = r->aa_samples > 0 && r->aa_spread > NOISE_SPREAD_MAX;
    raised[DOCTOR_AA_MISSING] = r->aa_missing != NULL;
    for (int w = 0; w < DOCTOR_WARNINGS; w++)
        if (raised[w] && rules[w].is_doubt)
            return false;
    return true;
}

static const char *text_or(const char *text)
{
    return text != NULL ? text : "unknown";
}

static const char *mib(struct arena *arena, int64_t bytes)
{
    return arena_printf(arena, "%lld MiB", (long long)(bytes >> 20));
}

const char *doctor_detail(struct arena *arena, enum doctor_warning warning,
                          const struct doctor_readings *r)
{
    switch (warning) {
    case DOCTOR_GOVERNOR:
        return text_or(r->governor);
    case DOCTOR_STEAL:
        return arena_printf(arena, "%.1f %%", r->steal_percent);
    case DOCTOR_FOREIGN:
        return arena_printf(arena, "%.1f %% of all cores", r->foreign_percent);
    case DOCTOR_LOAD:
        return arena_printf(arena, "%.2f on %d cores", r->load, r->cores);
    case DOCTOR_QUOTA:
        return arena_printf(arena, "%.2f of %d cores", r->quota_cores, r->allowed_cores);
    case DOCTOR_SIBLINGS:
        return arena_printf(arena, "core %d, threads %s", r->pinned_core, text_or(r->siblings));
    case DOCTOR_NOT_ISOLATED:
        return arena_printf(arena, "core %d", r->pinned_core);
    case DOCTOR_MEMORY:
        return arena_printf(arena, "%s of %s", mib(arena, r->memory_available),
                            mib(arena, r->memory_total));
    case DOCTOR_SWAP:
        return mib(arena, r->swap_used);
    case DOCTOR_THP:
        return text_or(r->thp);
    case DOCTOR_VIRTUAL:
        return text_or(r->virtualisation);
    case DOCTOR_AA_NOISY:
        return arena_printf(arena, "by %.1f %%", 100 * r->aa_spread);
    case DOCTOR_AA_MISSING:
        return text_or(r->aa_missing);
    default:
        return "";
    }
}
