/* What is stored and handed around: a cell (an allocator on a workload row), a place in the plan,
 * a sample (one fresh process). They mirror the tables of schema.sql.
 */
#ifndef RUNNER_RECORD_H
#define RUNNER_RECORD_H

#include "runner/subject/allocator.h"

#include <stdint.h>

/* Exit codes of every command. */
enum exit_code {
    EXIT_PASS = 0,
    EXIT_REGRESSION = 1,
    EXIT_USAGE = 2, /* or a build error, or anything that a person must put right first */
    EXIT_INCONCLUSIVE = 3,
    EXIT_CRASH = 4, /* or a corruption */
    EXIT_INTERRUPTED = 130,
};

/* A number that is not known; stored as NULL. */
enum { RECORD_NONE = -1 };

enum pass {
    PASS_THROUGHPUT, /* no operation is timed */
    PASS_LATENCY,    /* one in 64 is: tells nothing of throughput */
    PASSES
};

struct cell {
    int64_t id;
    enum pass pass;
    struct allocator allocator;
    const char *workload; /* a row of workloads.txt, "exec" or "micro" */
    const char *side;     /* "A" or "B" in a comparison, else "" */
    const char *program;  /* path of the executable */
    struct strings arguments;
    int threads;       /* 1: pinned to one core */
    bool tells_itself; /* its identity, though other cells of the session are probed for it */
    bool no_pages;     /* its processes share no memory with the runner: pages.h */
};

struct cells {
    struct cell *at;
    int count;
};

struct place {
    int position, block;
    int cell; /* index into the cells of the session */
};

enum sample_status {
    SAMPLE_OK,
    SAMPLE_CRASH,   /* ended by a signal */
    SAMPLE_TIMEOUT, /* killed by the runner */
    SAMPLE_FAILED,  /* wrong result, audit errors, bad exit status, unreadable answer */
    SAMPLE_VOID,    /* not what was meant to be measured */
    SAMPLE_STATUSES
};

/* How long the operations of a kind took; a row of table latency, where the members are told. */
struct latency {
    const char *operation;
    int64_t count, timed;
    double overhead_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
    const char *buckets;
};

/* A point of the time line of a process. */
struct moment {
    int64_t at_ns, rss, minflt;
};

/* What a process counted in the page that it shares with the runner. */
struct kpi {
    const char *name;
    int64_t value;
};

/* What a sample has besides its numbers; the arrays may be empty. */
struct details {
    const struct latency *latencies;
    const struct moment *moments;
    const struct kpi *kpis;
    int latency_count, moment_count, kpi_count;
};

struct sample {
    int position, cell; /* cell: index */
    const char *started_utc;
    enum sample_status status;
    const char *reason; /* NULL only for SAMPLE_OK */
    int exit_code, signal;
    int64_t ops, elapsed_ns;
    int64_t wall_ns, user_ns, system_ns;
    int64_t minflt_start, minflt_phase, minflt_total, majflt_total;
    int64_t nvcsw, nivcsw;
    int64_t peak_rss, rss_end; /* bytes */
    int64_t corruptions, audit_errors;
    const char *malloc_object, *malloc_build_id, *free_object, *free_build_id, *variant;
    const char *output;
    struct details details; /* not filled in by store_load_samples() */
};

struct samples {
    struct sample *at;
    int count;
};

const char *pass_name(enum pass pass);
const char *sample_status_name(enum sample_status status);
enum sample_status sample_status_from_name(const char *name); /* void when there is none such */

/* What came of a case of misuse. */
enum misuse_verdict {
    MISUSE_DIAGNOSED,      /* reported, by `layer` */
    MISUSE_PREVENTED,      /* no harm could come of it: a release was deferred */
    MISUSE_CRASHED,        /* ended by a signal */
    MISUSE_HUNG,           /* killed by the runner */
    MISUSE_SILENT_CORRUPT, /* nothing was reported, and the oracle saw wrong data */
    MISUSE_SILENT_BENIGN,  /* nothing was reported and nothing came of it */
    MISUSE_NOT_APPLICABLE, /* the case means nothing in that build */
    MISUSE_MISSED_RUN,     /* void: the case did not run, or not on the allocator that was meant */
    MISUSE_VERDICTS
};

struct prediction {
    enum misuse_verdict verdict;
    const char *layer, *tag; /* of DIAGNOSED and PREVENTED, else NULL */
};

/* A case of misuse under an allocator: one fresh process. Texts that do not apply are NULL. */
struct misuse {
    const char *allocator, *case_id, *title;
    int group;
    enum misuse_verdict verdict;
    const char *layer, *tag; /* of the report that the verdict rests on: mostly the first */
    const char *reports;     /* "layer:TAG ...", each once, in order */
    int report_count;
    int exit_code, signal;
    const char *reason;
    bool has_prediction;
    struct prediction predicted;
    bool held; /* verdict, layer and tag are as predicted */
};

const char *misuse_verdict_name(enum misuse_verdict verdict);
bool misuse_verdict_from_name(const char *name, enum misuse_verdict *verdict);

#endif
