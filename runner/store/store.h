/* The results database: one writer, every sample its own transaction, so that whatever
 * ends the runner loses at most the sample that was being measured.
 *
 * WAL, so that a report can be read meanwhile, with synchronous=FULL: one flush per sample costs
 * milliseconds beside a process of half a second, and keeps samples through a power cut as well.
 * Functions return 0, or -1 with a problem that names the file and what to do.
 */
#ifndef RUNNER_STORE_H
#define RUNNER_STORE_H

#include "runner/base/facts.h"
#include "runner/store/database.h"
#include "runner/subject/plan.h"
#include "runner/subject/record.h"

enum { STORE_SCHEMA_VERSION = 2 };

struct store {
    struct database database;
};

struct session {
    int64_t id;
    const char *kind; /* run, compare, exec */
    const char *mode; /* of a run; peers or curves of a comparison of many; else NULL */
    const char *started_utc;
    uint64_t seed;
    const char *command;   /* as typed */
    const char *commit_id; /* NULL: not known */
    int dirty;             /* -1: not known */
};

/* The JSON array that stands for a cell's arguments; the caller frees it. NULL: no memory. */
char *store_arguments_text(const struct cell *cell);

/* Opens FOLDER/results.sqlite; makes folder and database when there are none. */
int store_open(struct arena *arena, const char *folder, const char *schema_path,
               struct store **store, struct problem *problem);
void store_close(struct store *store);
const char *store_path(const struct store *store);

/* Writes session, facts, cells and plan in one transaction; sets their ids. */
int store_add_session(struct store *store, struct session *session, const struct facts *facts,
                      struct cells *cells, const struct plan *plan, struct problem *problem);
/* With its latencies, time line and KPIs, in one transaction. */
int store_add_sample(struct store *store, const struct session *session, const struct cells *cells,
                     const struct sample *sample, struct problem *problem);
int store_add_misuse(struct store *store, const struct session *session,
                     const struct misuse *misuse, struct problem *problem);
int store_end_session(struct store *store, const struct session *session, const struct facts *facts,
                      struct problem *problem);

/* The newest session of a kind, and of a mode unless that is NULL, that never ended;
 * session->id 0: there is none. */
int store_find_unfinished(struct store *store, struct arena *arena, const char *kind,
                          const char *mode, struct session *session, struct problem *problem);
int store_load_facts(struct store *store, struct arena *arena, int64_t session_id,
                     struct facts *facts, struct problem *problem);

/* Sets the ids of the cells; a cell that differs from what is stored is a problem. */
int store_match_cells(struct store *store, const struct session *session, struct cells *cells,
                      struct problem *problem);

/* What has no sample yet, in order. */
int store_load_remaining(struct store *store, struct arena *arena, const struct session *session,
                         const struct cells *cells, struct plan *plan, struct problem *problem);
int store_load_samples(struct store *store, struct arena *arena, const struct session *session,
                       const struct cells *cells, struct samples *samples, struct problem *problem);

/* What an ok sample of the latency pass says of one kind of operation. */
struct latency_result {
    int cell;               /* index */
    struct latency latency; /* without its buckets */
    double step_ns;         /* of the sample's clock; 0: not known */
};

struct latency_results {
    struct latency_result *at;
    int count;
    double step_ns; /* of the clock, the largest: shorter times are not told apart */
};

/* In the order in which they were measured. */
int store_load_latencies(struct store *store, struct arena *arena, const struct session *session,
                         const struct cells *cells, struct latency_results *results,
                         struct problem *problem);

/* What a process of a cell has counted, one number a row; of every sample, whatever its end. */
struct kpi_result {
    int cell; /* index */
    struct kpi kpi;
};

struct kpi_results {
    struct kpi_result *at;
    int count;
};

/* In the order in which they were measured. */
int store_load_kpis(struct store *store, struct arena *arena, const struct session *session,
                    const struct cells *cells, struct kpi_results *results,
                    struct problem *problem);

/* A benchmark of one ok process of `hakbench micro`: a row of the view of that name. */
struct micro_result {
    int cell; /* index */
    const char *name;
    int threads;
    double ns_per_op, faults_per_op;
};

struct micro_results {
    struct micro_result *at;
    int count;
};

/* In the order in which they were measured. */
int store_load_micro(struct store *store, struct arena *arena, const struct session *session,
                     const struct cells *cells, struct micro_results *results,
                     struct problem *problem);

#endif
