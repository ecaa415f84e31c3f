/* A session in the formats of other tools. Whatever made the session, it becomes series of points
 * (a benchmark under an allocator, and its single measurements), so that all formats hold the same
 * points, their operations and times; each says so in its own way.
 *
 * A point that is not ok has a status and a reason, and never a number. Samples of the latency pass
 * are left out: timing operations changes their sum.
 *
 * Sources of the formats: the JSON reporter of Google Benchmark 1.7 and what its compare.py reads,
 * the JSON that hyperfine 1.15 writes, the JUnit XML that Jenkins and GitLab read, RFC 4180 (CSV),
 * and the README of github-action-benchmark (customBiggerIsBetter).
 */
#ifndef RUNNER_EXPORT_H
#define RUNNER_EXPORT_H

#include "runner/base/facts.h"
#include "runner/base/json.h"
#include "runner/store/store.h"
#include "runner/subject/record.h"

#include <stdio.h>

enum export_format {
    EXPORT_GBENCH,
    EXPORT_HYPERFINE,
    EXPORT_CSV,
    EXPORT_JUNIT,
    EXPORT_BIGGER,
    EXPORT_FORMATS
};

const char *export_format_name(enum export_format format);
bool export_format_from_name(const char *name, enum export_format *format);

struct export_point {
    enum sample_status status;
    const char *reason; /* of every status but ok */
    int exit_code, signal;
    /* Only of ok points; RECORD_NONE: not known. */
    int64_t operations; /* 1: a whole process */
    double elapsed_ns;  /* of these operations */
    double cpu_ns;      /* of all threads; of the whole process where it is a sample's */
    double user_ns, system_ns;
    int64_t faults, peak_rss;
};

struct export_series {
    const char *name; /* WORKLOAD/ALLOCATOR and the side, if any: unique in a session */
    const char *workload, *allocator, *side, *command;
    const char *unit;    /* what an operation is: "ops" or "runs" */
    const char *missing; /* why nothing was measured; else NULL */
    int threads;
    struct export_point *points;
    int count, room;
};

/* A point of which nothing is known. */
struct export_point *export_add_point(struct arena *arena, struct export_series *series);

/* A case of misuse; its fields are those of the table. */
struct export_case {
    const char *allocator, *case_id, *title, *verdict, *reason;
    bool is_wrong; /* not as predicted */
};

struct export_session {
    int64_t id;
    const char *kind, *mode, *started_utc, *commit_id;
    struct facts facts;
    const char *document; /* of an imported session: its JSON, else NULL */
    struct export_series *series;
    int count;
    struct export_case *cases;
    int case_count;
};

/* The session, or the newest that has results when `id` is 0. */
int export_load(struct store *store, struct arena *arena, int64_t id,
                struct export_session *session, struct problem *problem);

/* The text with a question mark for every byte that is not UTF-8: what a dying process printed
 * last may be anything. NULL stays NULL. */
const char *export_clean(struct arena *arena, const char *text);

/* The points that are ok, or those that are not. */
int export_count(const struct export_series *series, bool ok);

/* The JSON formats; the caller drops the value. */
json_t *export_gbench(struct arena *arena, const struct export_session *session);
json_t *export_hyperfine(struct arena *arena, const struct export_session *session);
json_t *export_bigger(struct arena *arena, const struct export_session *session);

/* The others; what a full disk said is left in ferror(file). */
void export_csv(const struct export_session *session, FILE *file);
void export_junit(struct arena *arena, const struct export_session *session, FILE *file);

/* Median, mean and the like over the ok points of a series. */
struct export_statistics {
    int count;
    double mean, median, stddev, low, high; /* stddev: of the sample; 0 for a single one */
};

/* `field` of a point as a number. */
struct export_statistics export_statistics_of(struct arena *arena,
                                              const struct export_series *series,
                                              double (*field)(const struct export_point *point));
double export_ns_per_operation(const struct export_point *point);
double export_operations_per_s(const struct export_point *point);

#endif
