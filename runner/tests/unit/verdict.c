#include "runner/measure/verdict.h"
#include "runner/subject/predictions.h"
#include "runner/tests/unit/scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define REPORT(tag, layer)                                                                         \
    "hakmem: [" tag "] address=0x10 class=none superslab=0x0 layer=" layer " action=dropped\n"

static struct arena arena;
static struct problem problem;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct misuse take(struct child_result result, const char *mismatch)
{
    struct misuse misuse = {0};
    if (result.errors == NULL)
        result.errors = "";
    verdict_take(&arena, &result, mismatch, &misuse);
    return misuse;
}

static struct misuse take_exit(int code, const char *errors)
{
    return take((struct child_result){.exit_code = code, .errors = errors}, NULL);
}

static void an_end_without_a_report_is_silent(void **state)
{
    (void)state;
    assert_int_equal(take_exit(0, "").verdict, MISUSE_SILENT_BENIGN);
    assert_int_equal(take_exit(0, "some library: hello\n").verdict, MISUSE_SILENT_BENIGN);
    const struct misuse wrong = take_exit(4, "x\noracle: byte 3\n");
    assert_int_equal(wrong.verdict, MISUSE_SILENT_CORRUPT);
    assert_string_equal(wrong.reason, "oracle: byte 3");
    assert_null(wrong.layer);
}

static void the_first_report_names_the_layer(void **state)
{
    (void)state;
    const struct misuse misuse =
        take_exit(0, REPORT("A_TAG", "next") REPORT("B", "head") REPORT("A_TAG", "next"));
    assert_int_equal(misuse.verdict, MISUSE_DIAGNOSED);
    assert_string_equal(misuse.layer, "next");
    assert_string_equal(misuse.tag, "A_TAG");
    assert_string_equal(misuse.reports, "next:A_TAG head:B");
    assert_int_equal(misuse.report_count, 3);
    assert_int_equal(take_exit(4, REPORT("B", "head") "oracle: x\n").verdict, MISUSE_DIAGNOSED);
}

static void a_crash_is_no_detection(void **state)
{
    (void)state;
    const struct misuse misuse = take((struct child_result){.end = CHILD_SIGNALLED,
                                                            .signal = SIGSEGV,
                                                            .errors = REPORT("B", "head")},
                                      NULL);
    assert_int_equal(misuse.verdict, MISUSE_CRASHED);
    assert_string_equal(misuse.reason, "SIGSEGV");
    assert_string_equal(misuse.reports, "head:B");
    assert_int_equal(take((struct child_result){.end = CHILD_TIMED_OUT}, NULL).verdict,
                     MISUSE_HUNG);
}

static void a_deferral_prevents_unless_it_was_of_no_use(void **state)
{
    (void)state;
    const struct misuse alone = take_exit(0, REPORT("RELEASE_DEFERRED", "guard"));
    assert_int_equal(alone.verdict, MISUSE_PREVENTED);
    assert_string_equal(alone.layer, "guard");
    const char *both = REPORT("RELEASE_DEFERRED", "guard") REPORT("PIN_UNDERFLOW", "pin");
    const struct misuse more = take_exit(0, both);
    assert_int_equal(more.verdict, MISUSE_PREVENTED);
    assert_string_equal(more.layer, "guard");
    assert_string_equal(more.reports, "guard:RELEASE_DEFERRED pin:PIN_UNDERFLOW");
    const struct misuse useless = take_exit(4, both);
    assert_int_equal(useless.verdict, MISUSE_DIAGNOSED);
    assert_string_equal(useless.layer, "pin");
    const struct misuse late =
        take_exit(0, REPORT("PIN_UNDERFLOW", "pin") REPORT("RELEASE_DEFERRED", "guard"));
    assert_int_equal(late.verdict, MISUSE_DIAGNOSED);
    assert_string_equal(late.layer, "pin");
    assert_int_equal(take_exit(4, REPORT("RELEASE_DEFERRED", "guard")).verdict,
                     MISUSE_SILENT_CORRUPT);
}

static void what_did_not_run_as_meant_is_void(void **state)
{
    (void)state;
    const struct misuse misuse =
        take((struct child_result){.end = CHILD_SIGNALLED, .signal = SIGSEGV}, "served by another");
    assert_int_equal(misuse.verdict, MISUSE_MISSED_RUN);
    assert_string_equal(misuse.reason, "served by another");
    assert_int_equal(take_exit(1, "oracle.c:3: not x\n").verdict, MISUSE_MISSED_RUN);
    assert_int_equal(take_exit(127, "").verdict, MISUSE_MISSED_RUN);
    assert_int_equal(take_exit(77, "not applicable: x\n").verdict, MISUSE_NOT_APPLICABLE);
}

static void a_prediction_holds_in_verdict_layer_and_tag(void **state)
{
    (void)state;
    struct misuse misuse = {.verdict = MISUSE_DIAGNOSED, .layer = "head", .tag = "T"};
    misuse.predicted = (struct prediction){MISUSE_DIAGNOSED, "head", "T"};
    verdict_compare(&misuse);
    assert_true(misuse.held);
    misuse.predicted.tag = "U";
    verdict_compare(&misuse);
    assert_false(misuse.held);
    misuse.predicted = (struct prediction){MISUSE_DIAGNOSED, "next", "T"};
    verdict_compare(&misuse);
    assert_false(misuse.held);
    misuse.predicted = (struct prediction){.verdict = MISUSE_SILENT_CORRUPT};
    verdict_compare(&misuse);
    assert_false(misuse.held);
    /* What was reported before a crash is told, but nothing is asked of it. */
    misuse.verdict = MISUSE_CRASHED;
    misuse.predicted.verdict = MISUSE_CRASHED;
    verdict_compare(&misuse);
    assert_true(misuse.held);
}

/* --- predictions --------------------------------- */

static int read_text(const char *text, struct predictions *predictions)
{
    char *path = scratch_template(&arena);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    const int status = predictions_read(&arena, path, predictions, &problem);
    unlink(path);
    return status;
}

static const char table[] = "# a comment\n"
                            "1   crashed  next:N head:H   # another\n"
                            "\n"
                            "2   -  pin+guard:RELEASE_DEFERRED registry:R\n"
                            "3   not-applicable\n"
                            "3   @headered  silent-benign  head:H\n"
                            "3   @headered @cache  crashed  head:H\n"
                            "4   -  head:H\n"
                            "5   @headered  crashed\n";

static struct prediction find(const char *id, const char *variant)
{
    struct predictions predictions;
    struct prediction prediction = {0};
    assert_int_equal(read_text(table, &predictions), 0);
    if (predictions_find(&arena, &predictions, id, variant, &prediction, &problem) != 0)
        prediction.verdict = MISUSE_VERDICTS;
    return prediction;
}

#define FLAT  "layout=headerless,front=sll,layers="
#define HEADS "layout=headered,front=sll,layers="
#define CACHE "layout=headered,front=cache,layers="

static void the_first_detector_there_is_predicted(void **state)
{
    (void)state;
    assert_int_equal(find("1", FLAT "off,geometry=fine").verdict, MISUSE_CRASHED);
    assert_null(find("1", FLAT "off").layer);
    assert_string_equal(find("1", FLAT "head,geometry=fine").layer, "head");
    assert_string_equal(find("1", FLAT "head").tag, "H");
    assert_string_equal(find("1", FLAT "next+head").layer, "next");
    assert_string_equal(find("1", FLAT "all").layer, "next");
    assert_int_equal(find("1", FLAT "pin+guard").verdict, MISUSE_CRASHED);
}

static void several_layers_may_be_needed(void **state)
{
    (void)state;
    assert_int_equal(find("2", FLAT "pin+guard").verdict, MISUSE_PREVENTED);
    assert_string_equal(find("2", FLAT "pin+guard").layer, "guard");
    assert_string_equal(find("2", FLAT "guard").layer, "registry");
    assert_int_equal(find("2", FLAT "off").verdict, MISUSE_DIAGNOSED);
}

static void the_last_line_that_fits_counts(void **state)
{
    (void)state;
    assert_int_equal(find("3", FLAT "head").verdict, MISUSE_NOT_APPLICABLE);
    assert_int_equal(find("3", HEADS "off").verdict, MISUSE_SILENT_BENIGN);
    assert_int_equal(find("3", CACHE "off").verdict, MISUSE_CRASHED);
    assert_int_equal(find("3", CACHE "head").verdict, MISUSE_DIAGNOSED);
}

static void what_is_not_predicted_is_a_problem(void **state)
{
    (void)state;
    assert_int_equal(find("4", FLAT "next").verdict, MISUSE_VERDICTS);
    assert_non_null(strstr(problem.text, "says nothing of case 4 in layout=headerless"));
    assert_int_equal(find("5", FLAT "next").verdict, MISUSE_VERDICTS);
    assert_int_equal(find("6", FLAT "next").verdict, MISUSE_VERDICTS);
}

static void a_bad_line_is_told_with_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } bad[] = {{"1 crashed\n2 broken\n", ":2: 'broken' is no verdict"},
               {"1\n", ":1: 1 has no verdict"},
               {"1 @sll\n", ":1: 1 has no verdict"},
               {"# x\n1 crashed head\n", ":2: 'head' is not LAYER:TAG"},
               {"1 crashed :T\n", "is not LAYER:TAG"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct predictions predictions;
        assert_int_equal(read_text(bad[i].text, &predictions), -1);
        assert_non_null(strstr(problem.text, bad[i].said));
    }
    struct predictions predictions;
    assert_int_equal(predictions_read(&arena, "/nowhere/x", &predictions, &problem), -1);
    assert_non_null(strstr(problem.text, "cannot read /nowhere/x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_without_a_report_is_silent),
        cmocka_unit_test(the_first_report_names_the_layer),
        cmocka_unit_test(a_crash_is_no_detection),
        cmocka_unit_test(a_deferral_prevents_unless_it_was_of_no_use),
        cmocka_unit_test(what_did_not_run_as_meant_is_void),
        cmocka_unit_test(a_prediction_holds_in_verdict_layer_and_tag),
        cmocka_unit_test(the_first_detector_there_is_predicted),
        cmocka_unit_test(several_layers_may_be_needed),
        cmocka_unit_test(the_last_line_that_fits_counts),
        cmocka_unit_test(what_is_not_predicted_is_a_problem),
        cmocka_unit_test(a_bad_line_is_told_with_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
