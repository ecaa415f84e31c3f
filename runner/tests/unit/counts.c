#include "runner/measure/counts.h"
#include "runner/store/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct counts counts_of(enum count_metric metric, int runs, const int64_t *values)
{
    struct counts counts = {.runs = runs};
    for (int i = 0; i < runs; i++)
        counts.values[metric][i] = values[i];
    return counts;
}

static enum count_verdict judge(enum count_metric metric, const int64_t a[3], const int64_t b[3],
                                double known)
{
    const struct counts base = counts_of(metric, 3, a), head = counts_of(metric, 3, b);
    return counts_judge(&base, &head, metric, known).verdict;
}

/* Half a per cent where runs never differed; the bound itself is no change. */
static void exact_counts_are_held_to_half_a_per_cent(void **state)
{
    (void)state;
    const int64_t base[] = {1000000, 1000000, 1000000};
    const int64_t bound[] = {1005000, 1005000, 1005000}, above[] = {1005001, 1005001, 1005001};
    const int64_t less[] = {994999, 994999, 994999};
    assert_int_equal(judge(COUNT_INSTRUCTIONS, base, bound, 0), COUNT_SAME);
    assert_int_equal(judge(COUNT_INSTRUCTIONS, base, above, 0), COUNT_MORE);
    assert_int_equal(judge(COUNT_INSTRUCTIONS, base, less, 0), COUNT_LESS);
}

/* Four pages are allowed where half a per cent would be less than a page. */
static void few_pages_are_no_change(void **state)
{
    (void)state;
    const int64_t base[] = {100, 100, 100}, four[] = {104, 104, 104}, five[] = {105, 105, 105};
    assert_int_equal(judge(COUNT_FAULTS, base, four, 0), COUNT_SAME);
    assert_int_equal(judge(COUNT_FAULTS, base, five, 0), COUNT_MORE);
    const int64_t bytes[] = {40960, 40960, 40960}, more[] = {57344, 57344, 57344},
                  most[] = {61440, 61440, 61440};
    assert_int_equal(judge(COUNT_MAPPED, bytes, more, 0), COUNT_SAME);
    assert_int_equal(judge(COUNT_MAPPED, bytes, most, 0), COUNT_MORE);
}

/* Twice what repeated runs of a side differ by, now or in stored A/A gates. */
static void what_varies_gets_a_bound_of_its_own(void **state)
{
    (void)state;
    const int64_t base[] = {100000, 100000, 101000}, head[] = {102000, 102000, 102000};
    const int64_t above[] = {102001, 102001, 102001}, exact[] = {100000, 100000, 100000};
    assert_int_equal(judge(COUNT_INSTRUCTIONS, base, head, 0), COUNT_SAME);
    assert_int_equal(judge(COUNT_INSTRUCTIONS, base, above, 0), COUNT_MORE);
    assert_int_equal(judge(COUNT_INSTRUCTIONS, exact, above, 0), COUNT_MORE);
    assert_int_equal(judge(COUNT_INSTRUCTIONS, exact, above, 1001), COUNT_SAME);
}

static void system_calls_are_read_from_the_log(void **state)
{
    (void)state;
    static const char log[] =
        "101 execve(\"/bin/x\", [\"x\"], 0x7ffd /* 2 vars */) = 0\n"
        "101 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f\n"
        "101 mmap(NULL, 68719476736, PROT_NONE, MAP_PRIVATE|MAP_NORESERVE, -1, 0) = 0x7e\n"
        "101 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7d\n"
        "102 mprotect(0x7e, 65536, PROT_READ|PROT_WRITE <unfinished ...>\n"
        "101 futex(0x7f, FUTEX_WAIT, 0, NULL <unfinished ...>\n"
        "102 <... mprotect resumed>)             = 0\n"
        "101 <... futex resumed>)                = 0\n"
        "101 mprotect(0x7e, 65536, PROT_NONE)    = 0\n"
        "101 mremap(0x7f, 8192, 12288, MREMAP_MAYMOVE) = 0x7f\n"
        "101 mremap(0x7f, 12288, 4096, MREMAP_MAYMOVE) = 0x7f\n"
        "101 --- SIGCHLD {si_signo=SIGCHLD} ---\n"
        "101 +++ exited with 0 +++\n";
    int64_t calls, mapped;
    counts_read_calls(log, &calls, &mapped);
    assert_int_equal(calls, 9);
    assert_int_equal(mapped, 8192 + 65536 + 4096);
    counts_read_calls("", &calls, &mapped);
    assert_int_equal(calls, 0);
}

/* The rule of three's exact form, and a printed Clopper-Pearson limit (1 of 20, one-sided 95 %). */
static void bounds_of_rare_events(void **state)
{
    (void)state;
    assert_float_equal(ledger_bound(0, 59), 0.0495, 1e-4);
    assert_float_equal(ledger_bound(0, 300), 0.00994, 1e-5);
    assert_float_equal(ledger_bound(1, 20), 0.21611, 1e-4);
    assert_float_equal(ledger_bound(0, 0), 1, 0);
    assert_float_equal(ledger_bound(5, 5), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_counts_are_held_to_half_a_per_cent),
        cmocka_unit_test(few_pages_are_no_change),
        cmocka_unit_test(what_varies_gets_a_bound_of_its_own),
        cmocka_unit_test(system_calls_are_read_from_the_log),
        cmocka_unit_test(bounds_of_rare_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
