/* What the allocator tells and counts about itself: shots, kinds of events, causes of ACE failures,
 * list tracing. */
#define _GNU_SOURCE
#include "allocator/tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/fail.h"
#include "allocator/diagnostics/shots.h"
#include "allocator/diagnostics/trace.h"
#include "allocator/large/ace.h"
#include "allocator/layers/layer_guard.h"
#include "allocator/process/alloc.h"
#include "allocator/process/stats.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/registry.h"

enum { PRINTED_MAX = 4 << 20 };

static char printed[PRINTED_MAX];
static int screen, capture; /* the real stderr, and the file that stands in for it */

static int setup(void **state)
{
    (void)state;
    hak_free(hak_malloc(1)); /* the process is ready after the first call */
    screen = dup(STDERR_FILENO);
    capture = memfd_create("stderr", 0);
    return screen < 0 || capture < 0;
}

static void begin_capture(void)
{
    assert_int_equal(ftruncate(capture, 0), 0);
    assert_int_equal(lseek(capture, 0, SEEK_SET), 0);
    assert_int_equal(dup2(capture, STDERR_FILENO), STDERR_FILENO);
}

/* What was written to stderr since, in `printed`. */
static void end_capture(void)
{
    assert_int_equal(dup2(screen, STDERR_FILENO), STDERR_FILENO);
    ssize_t length = pread(capture, printed, PRINTED_MAX - 1, 0);
    assert_in_range(length, 0, PRINTED_MAX - 2);
    printed[length] = '\0';
}

static unsigned lines_with(const char *what)
{
    unsigned count = 0;
    for (const char *at = printed; (at = strstr(at, what)); at += strlen(what))
        count++;
    return count;
}

static void *take_shots(void *shots)
{
    uintptr_t taken = 0;
    for (unsigned i = 0; i < 1000; i++)
        taken += shots_take(shots) != 0;
    return (void *)taken;
}

static void shots_end_at_their_number_whoever_takes_them(void **state)
{
    (void)state;
    struct shots shots = {.events = 0};
    pthread_t threads[4];
    uintptr_t taken = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_shots, &shots), 0);
    for (int i = 0; i < 4; i++) {
        void *of_one;
        pthread_join(threads[i], &of_one);
        taken += (uintptr_t)of_one;
    }
    assert_int_equal(taken, SHOTS_MAX);
    assert_int_equal(shots_suppressed(&shots), 4000 - SHOTS_MAX);
    shots_reset(&shots);
    assert_int_equal(shots_suppressed(&shots), 0);
    assert_int_equal(shots_take(&shots), 1);
}

static void a_line_that_is_cut_off_ends_all_the_same(void **state)
{
    (void)state;
    struct text line = {.length = 0};
    for (int i = 0; i < 100; i++)
        text_add(&line, "0123456789");
    text_end_line(&line);
    assert_int_equal(line.length, sizeof line.data);
    assert_int_equal(line.data[line.length - 1], '\n');
    line.length = 0;
    text_add_part(&line, "abcdef", 3);
    text_end_line(&line);
    assert_memory_equal(line.data, "abc\n", 4);
    assert_int_equal(line.length, 4);
}

static unsigned long count_of(const char *layer, const char *tag)
{
    struct fail_kind kind;
    for (unsigned i = 0; fail_kind_at(i, &kind); i++)
        if (strcmp(kind.layer, layer) == 0 && strcmp(kind.tag, tag) == 0)
            return kind.count;
    fail_msg("no kind %s %s", layer, tag);
    return 0;
}

static unsigned long sum_of_kinds(void)
{
    struct fail_kind kind;
    unsigned long sum = 0;
    for (unsigned i = 0; fail_kind_at(i, &kind); i++)
        sum += kind.count;
    return sum;
}

static void report(const char *layer, const char *tag)
{
    fail_report(&(struct fail_event){.layer = layer, .tag = tag, .action = "none", .class = -1});
}

static void events_are_counted_by_layer_and_tag(void **state)
{
    (void)state;
    unsigned long sum = fail_count(), head = count_of("head", "DOUBLE_FREE"),
                  pin = count_of("pin", "PIN_UNDERFLOW"), other = count_of("other", "OTHER");
    fail_set_policy(FAIL_COUNT);
    begin_capture();
    report("head", "DOUBLE_FREE");
    report("head", "DOUBLE_FREE");
    report("pin", "PIN_UNDERFLOW");
    report("pin", "DOUBLE_FREE"); /* each is known, the pair is not */
    end_capture();
    fail_set_policy(FAIL_REPORT);
    assert_string_equal(printed, "");
    assert_int_equal(count_of("head", "DOUBLE_FREE"), head + 2);
    assert_int_equal(count_of("pin", "PIN_UNDERFLOW"), pin + 1);
    assert_int_equal(count_of("other", "OTHER"), other + 1);
    assert_int_equal(fail_count(), sum + 4);
    assert_int_equal(sum_of_kinds(), sum + 4);
}

static void release_nothing(struct slab *slab, unsigned class)
{
    assert_int_equal(slab_class(slab), class);
}

static void deferred_releases_are_told(void **state)
{
    (void)state;
    if (!HAK_LAYER_GUARD)
        skip();
    struct hak_stats before = hak_stats_read();
    fail_set_policy(FAIL_COUNT);
    assert_true(thread_enter());
    struct slab *slab = pool_acquire(5);
    assert_non_null(slab);
    guard_defer(slab);
    thread_leave();
    struct hak_stats during = hak_stats_read();
    assert_true(thread_enter());
    guard_retry(release_nothing);
    pool_release(slab);
    thread_leave();
    fail_set_policy(FAIL_REPORT);
    struct hak_stats after = hak_stats_read();
    assert_int_equal(during.deferred, before.deferred + 1);
    assert_int_equal(during.waiting, before.waiting + 1);
    assert_int_equal(after.deferred, before.deferred + 1);
    assert_int_equal(after.waiting, before.waiting);
}

static void what_is_too_large_for_a_tier_is_told(void **state)
{
    (void)state;
    begin_capture();
    hak_free(hak_malloc(200000));
    end_capture();
    assert_string_equal(printed, "");
    ace_trace_start(true);
    begin_capture();
    hak_free(hak_malloc(HAK_ACE_MAX));
    end_capture();
    assert_string_equal(printed, "");
    begin_capture();
    hak_free(hak_malloc(200000));
    hak_free(hak_malloc(40ul << 20));
    assert_null(hak_malloc(SIZE_MAX / 2 + 1));
    end_capture();
    ace_trace_start(false);
    assert_int_equal(lines_with("\n"), 4);
    assert_int_equal(lines_with("[ACE_TRACE] cause=Threshold tier=ace size=200000 "), 1);
    assert_int_equal(lines_with("[ACE_TRACE] cause=Threshold tier=ace size=41943040 "), 1);
    assert_int_equal(lines_with("[ACE_TRACE] cause=Threshold tier=span size=41943040 "), 1);
    assert_int_equal(lines_with("[ACE_TRACE] cause=Threshold tier=none "), 1);
}

/* Addresses that nobody gets from the system: below what it gives, and each of its own unit. */
static void *unit_number(size_t i)
{
    return (void *)((i + 1) << HAK_SUPERSLAB_SHIFT);
}

static void a_full_registry_is_exhaustion(void **state)
{
    (void)state;
    enum { MANY = 4000 };
    static void *blocks[MANY];
    size_t units = 0, count = 0;
    while (registry_insert(unit_number(units), REGISTRY_HUGE, (void *)HAK_SUPERSLAB))
        units++;
    assert_true(registry_is_full());
    ace_trace_start(true);
    begin_capture();
    while (count < MANY && (blocks[count] = hak_malloc(100000)))
        count++;
    void *huge = hak_malloc(100ul << 20);
    end_capture();
    ace_trace_start(false);
    for (size_t i = 0; i < count; i++)
        hak_free(blocks[i]);
    while (units-- > 0)
        registry_remove(unit_number(units));
    assert_false(registry_is_full());
    assert_true(count < MANY);
    assert_null(huge);
    /* Each is tried twice: once more when everything cached has gone back. */
    assert_true(lines_with("cause=Exhaustion tier=ace size=100000 ") >= 2);
    assert_int_equal(lines_with("cause=Exhaustion tier=huge size=104857600 "), 2);
    assert_int_equal(lines_with("cause=MapFail"), 0);
    assert_non_null(strstr(printed, " class="));
    assert_non_null(strstr(printed, " used="));
}

/* --- list tracing: in the builds that have it ---------------------------------------------- */

#if HAK_TRACE

static void start_trace(struct trace_settings settings)
{
    trace_fork_child(); /* new shots */
    settings.on = true;
    trace_start(&settings);
    begin_capture();
}

static void stop_trace(void)
{
    trace_start(&(struct trace_settings){.on = false});
    end_capture();
}

static void use_class(unsigned class, unsigned pairs)
{
    for (unsigned i = 0; i < pairs; i++)
        hak_free(hak_malloc(size_classes[class].usable));
}

static const struct trace_settings every = {.next_class = TRACE_EVERY_CLASS,
                                            .head_class = TRACE_NO_CLASS};

static void a_busy_class_leaves_the_others_their_shots(void **state)
{
    (void)state;
    start_trace(every);
    use_class(5, 5000);
    use_class(6, 3);
    stop_trace();
    const char *push = HAK_FRONT_CACHE ? "tag=cache_push class=5 " : "tag=tls_push class=5 ";
    const char *rare = HAK_FRONT_CACHE ? "tag=cache_push class=6 " : "tag=tls_push class=6 ";
    assert_int_equal(lines_with(push), SHOTS_MAX);
    assert_int_equal(lines_with(rare), 3);
    assert_true(lines_with("(shot 256 of 256: more are suppressed") >= 1);
}

static void filters_choose_class_and_tag(void **state)
{
    (void)state;
    struct trace_settings filter = every;
    filter.next_class = 6;
    start_trace(filter);
    use_class(5, 3);
    use_class(6, 3);
    stop_trace();
    assert_int_equal(lines_with(" class=5 "), 0);
    assert_true(lines_with(" class=6 ") >= 6);
    strcpy(filter.next_tag, "push");
    start_trace(filter);
    use_class(6, 3);
    stop_trace();
    assert_int_equal(lines_with("push class=6 "), 3);
    assert_int_equal(lines_with("\n"), 3);
    filter.next_class = TRACE_NO_CLASS;
    start_trace(filter);
    use_class(6, 3);
    stop_trace();
    assert_string_equal(printed, "");
}

static void flush_and_refill(unsigned class)
{
    void *blocks[200];
    for (unsigned i = 0; i < 200; i++)
        blocks[i] = hak_malloc(size_classes[class].usable);
    for (unsigned i = 0; i < 200; i++)
        hak_free(blocks[i]);
    hak_trim();
    use_class(class, 1);
}

static void every_list_operation_has_its_tag(void **state)
{
    (void)state;
    struct trace_settings filter = every;
    filter.next_class = 7;
    start_trace(filter);
    flush_and_refill(7);
    stop_trace();
    static const char *const tags[] = {"tag=tls_pop ", "tag=tls_pop_clear ", "tag=carve ",
                                       "tag=refill ", "tag=drain "};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (lines_with(tags[i]) == 0)
            fail_msg("no line with %s", tags[i]);
    static const char *const of_front[2][3] = {{"tag=tls_push ", "tag=tls_push ", "tag=tls_push "},
                                               {"tag=cache_push ", "tag=cache_pop ", "tag=bulk_"}};
    for (size_t i = 0; i < 3; i++)
        if (lines_with(of_front[HAK_FRONT_CACHE][i]) == 0)
            fail_msg("no line with %s", of_front[HAK_FRONT_CACHE][i]);
}

static void heads_are_told_with_count_and_backtrace(void **state)
{
    (void)state;
    start_trace((struct trace_settings){.next_class = TRACE_NO_CLASS, .head_class = 8});
    flush_and_refill(8);
    flush_and_refill(9);
    stop_trace();
    unsigned lines = lines_with("\n");
    assert_true(lines > 2);
    assert_int_equal(lines_with("hakmem: [TLS_SLL_HEAD_SET] tag="), lines);
    assert_int_equal(lines_with(" class=8 head=0x"), lines);
    assert_int_equal(lines_with(" count="), lines);
    assert_int_equal(lines_with(" backtrace="), lines);
    /* Each trim clears what there is of all classes. */
    assert_int_equal(lines_with("tag=tls_pop_clear class=8 head=0x0 count=0 "), 2);
    if (HAK_FRONT_CACHE)
        return;
    /* A list that one pushes to grows by one. */
    start_trace((struct trace_settings){.next_class = TRACE_NO_CLASS, .head_class = 8});
    void *a = hak_malloc(size_classes[8].usable), *b = hak_malloc(size_classes[8].usable);
    hak_free(a);
    hak_free(b);
    stop_trace();
    const char *first = strstr(printed, "tag=tls_push"), *second;
    assert_non_null(first);
    second = strstr(first + 1, "tag=tls_push");
    assert_non_null(second);
    long grown = strtol(strstr(second, "count=") + 6, NULL, 10) -
                 strtol(strstr(first, "count=") + 6, NULL, 10);
    assert_int_equal(grown, 1);
}

#else

static void hooks_are_empty(void **state)
{
    (void)state;
    begin_capture();
    trace_next(TRACE_TLS_PUSH, 1, &screen, NULL);
    trace_head(TRACE_TLS_PUSH, 1, &screen, 1);
    hak_free(hak_malloc(100));
    end_capture();
    assert_string_equal(printed, "");
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shots_end_at_their_number_whoever_takes_them),
        cmocka_unit_test(a_line_that_is_cut_off_ends_all_the_same),
        cmocka_unit_test(events_are_counted_by_layer_and_tag),
        cmocka_unit_test(deferred_releases_are_told),
        cmocka_unit_test(what_is_too_large_for_a_tier_is_told),
        cmocka_unit_test(a_full_registry_is_exhaustion),
#if HAK_TRACE
        cmocka_unit_test(a_busy_class_leaves_the_others_their_shots),
        cmocka_unit_test(filters_choose_class_and_tag),
        cmocka_unit_test(every_list_operation_has_its_tag),
        cmocka_unit_test(heads_are_told_with_count_and_backtrace),
#else
        cmocka_unit_test(hooks_are_empty),
#endif
    };
    return cmocka_run_group_tests_name("diagnostics", tests, setup, NULL);
}
