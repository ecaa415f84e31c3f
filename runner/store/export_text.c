#include "runner/store/export.h"

#include <inttypes.h>
#include <string.h>

/* A field of RFC 4180: in quotes, doubled inside, where a comma, a quote or a line end asks for
 * them. */
static void put_csv(const char *text, FILE *file)
{
    if (text == NULL)
        return;
    const bool quotes = strpbrk(text, ",\"\r\n") != NULL;
    if (quotes)
        putc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    if (quotes)
        putc('"', file);
}

static void put_csv_number(int64_t value, FILE *file)
{
    putc(',', file);
    if (value >= 0)
        fprintf(file, "%" PRId64, value);
}

static void put_csv_real(double value, FILE *file)
{
    putc(',', file);
    if (value >= 0)
        fprintf(file, "%.12g", value);
}

static void csv_point(const struct export_session *session, const struct export_series *series,
                      int index, FILE *file)
{
    const struct export_point *point = &series->points[index];
    const bool ok = point->status == SAMPLE_OK;
    const char *const texts[] = {series->name, series->workload, series->allocator, series->side};
    fprintf(file, "%" PRId64, session->id);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        putc(',', file);
        put_csv(texts[i], file);
    }
    fprintf(file, ",%d,%s,", index, sample_status_name(point->status));
    put_csv(point->reason, file);
    fprintf(file, ",%s,%d", series->unit, series->threads);
    put_csv_number(point->operations, file);
    put_csv_real(ok ? point->elapsed_ns : RECORD_NONE, file);
    put_csv_real(ok ? export_ns_per_operation(point) : RECORD_NONE, file);
    put_csv_real(ok ? export_operations_per_s(point) : RECORD_NONE, file);
    put_csv_real(point->user_ns, file);
    put_csv_real(point->system_ns, file);
    put_csv_number(point->faults, file);
    put_csv_number(point->peak_rss, file);
    putc(',', file);
    put_csv(series->command, file);
    fputs("\r\n", file);
}

void export_csv(const struct export_session *session, FILE *file)
{
    fputs("session,name,workload,allocator,side,index,status,reason,unit,threads,operations,"
          "elapsed_ns,ns_per_operation,operations_per_s,user_ns,system_ns,soft_faults,"
          "peak_rss_bytes,command\r\n",
          file);
    for (int i = 0; i < session->count; i++)
        for (int j = 0; j < session->series[i].count; j++)
            csv_point(session, &session->series[i], j, file);
}

/* XML knows no control characters but these three, not even escaped. */
static void put_xml(const char *text, FILE *file)
{
    for (; text != NULL && *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '&')
            fputs("&amp;", file);
        else if (c == '<')
            fputs("&lt;", file);
        else if (c == '>')
            fputs("&gt;", file);
        else if (c == '"')
            fputs("&quot;", file);
        else if (c == '\n' || c == '\t' || c == '\r')
            fprintf(file, "&#%d;", c);
        else if (c >= 0x20)
            putc(c, file);
        else
            putc('?', file);
    }
}

static void put_attribute(const char *name, const char *value, FILE *file)
{
    fprintf(file, " %s=\"", name);
    put_xml(value, file);
    putc('"', file);
}

/* What a suite or all of them hold. */
struct tally {
    int tests, failures, errors, skipped;
    double seconds;
};

/* A failed sample is a failure, a crash, a timeout or a void one an error: the test did not run as
 * it was meant to. */
static void tally_point(const struct export_point *point, struct tally *tally)
{
    tally->tests++;
    tally->failures += point->status == SAMPLE_FAILED;
    tally->errors += point->status != SAMPLE_OK && point->status != SAMPLE_FAILED;
    tally->seconds += point->status == SAMPLE_OK ? point->elapsed_ns / 1e9 : 0;
}

static void tally_series(const struct export_series *series, struct tally *tally)
{
    for (int i = 0; i < series->count; i++)
        tally_point(&series->points[i], tally);
    if (series->missing != NULL && series->count == 0) {
        tally->tests++;
        tally->skipped++;
    }
}

static bool is_case_error(const struct export_case *misuse)
{
    return strcmp(misuse->verdict, "missed-run") == 0;
}

static bool is_case_skipped(const struct export_case *misuse)
{
    return strcmp(misuse->verdict, "not-applicable") == 0 && !misuse->is_wrong;
}

static void tally_case(const struct export_case *misuse, struct tally *tally)
{
    tally->tests++;
    tally->errors += is_case_error(misuse);
    tally->skipped += is_case_skipped(misuse);
    tally->failures += misuse->is_wrong && !is_case_error(misuse);
}

static void put_tally(const struct tally *tally, FILE *file)
{
    fprintf(file, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.9f\"",
            tally->tests, tally->failures, tally->errors, tally->skipped, tally->seconds);
}

static void open_suite(const struct export_session *session, const char *name, int id,
                       const struct tally *tally, FILE *file)
{
    const char *host = facts_get(&session->facts, "host.name");
    fputs("  <testsuite", file);
    put_attribute("name", name, file);
    fprintf(file, " id=\"%d\"", id);
    put_tally(tally, file);
    /* Without the milliseconds and the zone, which the schema's type does not take. */
    fprintf(file, " timestamp=\"%.19s\"", session->started_utc);
    put_attribute("hostname", host != NULL ? host : "unknown", file);
    fputs(">\n    <properties>\n", file);
    for (int i = 0; i < session->facts.keys.count; i++) {
        fputs("      <property", file);
        put_attribute("name", session->facts.keys.at[i], file);
        put_attribute("value", session->facts.values.at[i], file);
        fputs("/>\n", file);
    }
    fputs("    </properties>\n", file);
}

static void junit_point(const struct export_series *series, int index, FILE *file)
{
    const struct export_point *point = &series->points[index];
    const char *status = sample_status_name(point->status);
    const char *element = point->status == SAMPLE_FAILED ? "failure" : "error";
    fputs("    <testcase", file);
    put_attribute("classname", series->name, file);
    fprintf(file, " name=\"sample %d\"", index);
    if (point->status == SAMPLE_OK) {
        fprintf(file, " time=\"%.9f\"/>\n", point->elapsed_ns / 1e9);
        return;
    }
    fprintf(file, ">\n      <%s", element);
    put_attribute("message", point->reason, file);
    put_attribute("type", status, file);
    fputs(">", file);
    put_xml(series->command, file);
    fprintf(file, "</%s>\n    </testcase>\n", element);
}

static void junit_series(const struct export_series *series, FILE *file)
{
    for (int i = 0; i < series->count; i++)
        junit_point(series, i, file);
    if (series->missing == NULL || series->count > 0)
        return;
    fputs("    <testcase", file);
    put_attribute("classname", series->name, file);
    fputs(" name=\"missing\">\n      <skipped", file);
    put_attribute("message", series->missing, file);
    fputs("/>\n    </testcase>\n", file);
}

static void junit_case(const struct export_case *misuse, FILE *file)
{
    const char *element = is_case_error(misuse) ? "error" : "failure";
    fputs("    <testcase", file);
    put_attribute("classname", misuse->allocator, file);
    fputs(" name=\"", file);
    put_xml(misuse->case_id, file);
    putc(' ', file);
    put_xml(misuse->title, file);
    putc('"', file);
    if (is_case_skipped(misuse)) {
        fputs(">\n      <skipped message=\"not applicable\"/>\n    </testcase>\n", file);
    } else if (misuse->is_wrong || is_case_error(misuse)) {
        fprintf(file, ">\n      <%s", element);
        put_attribute("message", misuse->reason, file);
        put_attribute("type", misuse->verdict, file);
        fputs("/>\n    </testcase>\n", file);
    } else {
        fputs("/>\n", file);
    }
}

static bool is_first_of_workload(const struct export_session *session, int series)
{
    for (int i = 0; i < series; i++)
        if (strcmp(session->series[i].workload, session->series[series].workload) == 0)
            return false;
    return true;
}

/* A suite for each workload, one for misuse. */
void export_junit(struct arena *arena, const struct export_session *session, FILE *file)
{
    struct tally all = {0}, misuse = {0};
    int id = 0;
    for (int i = 0; i < session->case_count; i++)
        tally_case(&session->cases[i], &misuse);
    all = misuse;
    for (int i = 0; i < session->count; i++)
        tally_series(&session->series[i], &all);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", file);
    put_attribute("name", arena_printf(arena, "hakbench session %lld", (long long)session->id),
                  file);
    put_tally(&all, file);
    fputs(">\n", file);
    for (int i = 0; i < session->count; i++) {
        const char *workload = session->series[i].workload;
        struct tally tally = {0};
        if (!is_first_of_workload(session, i))
            continue;
        for (int j = i; j < session->count; j++)
            if (strcmp(session->series[j].workload, workload) == 0)
                tally_series(&session->series[j], &tally);
        open_suite(session, workload, id++, &tally, file);
        for (int j = i; j < session->count; j++)
            if (strcmp(session->series[j].workload, workload) == 0)
                junit_series(&session->series[j], file);
        fputs("  </testsuite>\n", file);
    }
    if (session->case_count > 0) {
        open_suite(session, "misuse", id, &misuse, file);
        for (int i = 0; i < session->case_count; i++)
            junit_case(&session->cases[i], file);
        fputs("  </testsuite>\n", file);
    }
    fputs("</testsuites>\n", file);
}
