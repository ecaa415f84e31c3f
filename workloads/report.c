#include "workloads/report.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "workloads/identity.h"

/* The line under construction. Static: 128 KiB is too much for a small stack. */
static struct {
    char text[IDENTITY_JSON_MAX + 65536];
    size_t length;
} line;

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof line.text - line.length;
    int length = vsnprintf(line.text + line.length, room, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < room);
    line.length += (size_t)length;
}

static void add_items(const char *name, const struct report_item *items, size_t count)
{
    add(",\"%s\":{", name);
    for (size_t i = 0; i < count; i++) {
        add("%s\"%s\":", i ? "," : "", items[i].name);
        if (items[i].text) {
            add("\"%s\"", items[i].text);
        } else if (items[i].json) {
            add("%s", items[i].json);
        } else {
            add("%" PRIu64, items[i].number);
        }
    }
    add("}");
}

static void add_number(const char *name, uint64_t number)
{
    add(",\"%s\":%" PRIu64, name, number);
}

static bool write_line(void)
{
    const char *at = line.text;
    size_t left = line.length;
    while (left > 0) {
        ssize_t written = write(STDOUT_FILENO, at, left);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            static const char message[] = "cannot write the result line to stdout\n";
            (void)!write(STDERR_FILENO, message, sizeof message - 1);
            return false;
        }
        at += written;
        left -= (size_t)written;
    }
    return true;
}

int report_print(const struct report *report)
{
    const struct options *options = report->options;
    const struct probe_reading *reading = &report->reading;
    static struct identity identity;
    identity_read(&identity);
    probe_set_ops(report->ops);
    line.length = 0;
    add("{\"schema\":1,\"workload\":\"%s\"", options->program);
    add_number("threads", options->threads);
    add_number("seed", options->seed);
    add(",\"audit\":%s", options->audit ? "true" : "false");
    add_items("params", report->params, report->param_count);
    add_number("ops", report->ops);
    add_number("elapsed_ns", reading->elapsed_ns);
    add_number("allocs", report->allocs);
    add_number("frees", report->frees);
    add_number("minflt_start", reading->minflt_start);
    add_number("minflt_phase", reading->minflt_phase);
    add_number("rss_start", reading->rss_start);
    add_number("rss_end", reading->rss_end);
    add_number("peak_rss", reading->peak_rss);
    add_number("harness_bytes", reading->harness_bytes);
    add_number("audit_errors", report->audit_errors);
    add(",\"checksum\":\"%016" PRIx64 "\"", report->checksum);
    add_items("result", report->result, report->result_count);
    add(",\"identity\":");
    int length = identity_json(&identity, line.text + line.length, sizeof line.text - line.length);
    assert(length > 0);
    line.length += (size_t)length;
    if (identity.has_corruptions) {
        add_number("corruptions", identity.corruptions);
    } else {
        add(",\"corruptions\":null");
    }
    add("}\n");
    if (!write_line()) {
        return EXIT_USAGE;
    }
    return report->audit_errors > 0 ? EXIT_CORRUPT : EXIT_PASS;
}
