#define _GNU_SOURCE
#include "runner/measure/verdict.h"

#include <string.h>

/* Exit codes of build/misuse. */
enum { NOTHING_SEEN = 0, ORACLE_WRONG = 4, NOT_APPLICABLE = 77 };

/* Not a detection but a defence: the memory stays where it is. */
static const char deferral[] = "RELEASE_DEFERRED";

/* "hakmem: [TAG] address=... layer=LAYER action=..." is made by allocator/diagnostics/fail.h. */
static bool read_report(struct arena *arena, const char *line, size_t length, const char **layer,
                        const char **tag)
{
    static const char start[] = "hakmem: [", key[] = " layer=";
    const char *text = arena_copy_part(arena, line, length);
    if (strncmp(text, start, sizeof start - 1) != 0)
        return false;
    const char *name = text + sizeof start - 1;
    const char *owner = strstr(name, key);
    if (owner == NULL)
        return false;
    owner += sizeof key - 1;
    *tag = arena_copy_part(arena, name, strcspn(name, "]"));
    *layer = arena_copy_part(arena, owner, strcspn(owner, " "));
    return true;
}

struct report {
    const char *layer, *tag; /* NULL: none */
};

/* Every "layer:TAG" once, in order; the first of all, and the first that is no deferral. */
static void take_reports(struct arena *arena, const char *errors, struct misuse *misuse,
                         struct report *first, struct report *detection)
{
    struct strings seen = {0};
    const char *next;
    *first = *detection = (struct report){0};
    for (const char *line = errors; *line != '\0'; line = next) {
        struct report report;
        const size_t length = strcspn(line, "\n");
        next = line + length + (line[length] == '\n');
        if (!read_report(arena, line, length, &report.layer, &report.tag))
            continue;
        misuse->report_count++;
        const char *name = arena_printf(arena, "%s:%s", report.layer, report.tag);
        if (!strings_hold(&seen, name))
            strings_add(arena, &seen, name);
        if (first->tag == NULL)
            *first = report;
        if (detection->tag == NULL && strcmp(report.tag, deferral) != 0)
            *detection = report;
    }
    if (seen.count > 0)
        misuse->reports = strings_join(arena, &seen, " ");
}

/* What the oracle said, or else the last line. */
static const char *what_was_said(struct arena *arena, const char *errors)
{
    const char *oracle = strstr(errors, "oracle: ");
    return oracle != NULL ? arena_copy_part(arena, oracle, strcspn(oracle, "\n"))
                          : text_last_line(arena, errors, 200);
}

/* A deferral that came first is what there was to do; later reports are of what it left over. If
 * the oracle saw wrong data all the same, it was of no use. */
static enum misuse_verdict judge_exit(struct arena *arena, const struct child_result *result,
                                      struct report detection, struct misuse *misuse)
{
    const bool deferred = misuse->tag != NULL && strcmp(misuse->tag, deferral) == 0;
    switch (result->exit_code) {
    case NOT_APPLICABLE:
        misuse->reason = text_last_line(arena, result->errors, 200);
        return MISUSE_NOT_APPLICABLE;
    case NOTHING_SEEN:
        if (misuse->tag == NULL)
            return MISUSE_SILENT_BENIGN;
        return deferred ? MISUSE_PREVENTED : MISUSE_DIAGNOSED;
    case ORACLE_WRONG:
        misuse->reason = what_was_said(arena, result->errors);
        misuse->layer = detection.layer;
        misuse->tag = detection.tag;
        return detection.tag != NULL ? MISUSE_DIAGNOSED : MISUSE_SILENT_CORRUPT;
    default:
        misuse->reason = arena_printf(arena, "exit %d: %s", result->exit_code,
                                      text_last_line(arena, result->errors, 200));
        return MISUSE_MISSED_RUN;
    }
}

void verdict_take(struct arena *arena, const struct child_result *result, const char *mismatch,
                  struct misuse *misuse)
{
    struct report first, detection;
    take_reports(arena, result->errors, misuse, &first, &detection);
    misuse->exit_code = result->exit_code;
    misuse->signal = result->signal;
    misuse->layer = first.layer;
    misuse->tag = first.tag;
    if (mismatch != NULL) {
        misuse->verdict = MISUSE_MISSED_RUN;
        misuse->reason = mismatch;
    } else if (result->end == CHILD_TIMED_OUT) {
        misuse->verdict = MISUSE_HUNG;
        misuse->reason = "did not end in time: killed (--timeout)";
    } else if (result->end == CHILD_SIGNALLED) {
        const char *name = sigabbrev_np(result->signal);
        misuse->verdict = MISUSE_CRASHED;
        misuse->reason = name != NULL ? arena_printf(arena, "SIG%s", name)
                                      : arena_printf(arena, "signal %d", result->signal);
    } else {
        misuse->verdict = judge_exit(arena, result, detection, misuse);
    }
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void verdict_compare(struct misuse *misuse)
{
    const struct prediction *predicted = &misuse->predicted;
    const bool names_layer =
        predicted->verdict == MISUSE_DIAGNOSED || predicted->verdict == MISUSE_PREVENTED;
    misuse->held = misuse->verdict == predicted->verdict &&
                   (!names_layer || (is_same(misuse->layer, predicted->layer) &&
                                     is_same(misuse->tag, predicted->tag)));
}
