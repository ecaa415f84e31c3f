/* report: the one line of JSON that a workload prints.
 *
 * Owns the schema of that line (version 1, documented in workloads/README.md) and the exit code.
 * Calls no malloc and no stdio: it also has to come through when the allocator under test is
 * broken. */
#ifndef WORKLOADS_REPORT_H
#define WORKLOADS_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "workloads/options.h"
#include "workloads/probe.h"

/* A member of "params" or "result": the first of text, json and number that is set. */
struct report_item {
    const char *name;
    const char *text; /* must not need escaping */
    const char *json; /* printed as it stands */
    uint64_t number;
};

struct report {
    const struct options *options;
    struct probe_reading reading;
    uint64_t ops, allocs, frees, audit_errors, checksum;
    const struct report_item *params, *result;
    size_t param_count, result_count;
};

/* Reads the allocator's identity and corruption count, prints the line on stdout and returns the
 * exit code: EXIT_CORRUPT when the audit found errors, EXIT_USAGE when stdout cannot be written. */
int report_print(const struct report *report);

#endif
