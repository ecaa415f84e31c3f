/* A session from its first fact to its last: takes the machine, writes the plan, measures what
 * is left of it a sample at a time, stores each, and ends or is interrupted.
 */
#ifndef RUNNER_CAMPAIGN_H
#define RUNNER_CAMPAIGN_H

#include "runner/measure/measure.h"
#include "runner/store/noise.h"
#include "runner/store/store.h"
#include "runner/subject/bench.h"

enum campaign_end { CAMPAIGN_DONE, CAMPAIGN_INTERRUPTED, CAMPAIGN_TROUBLED, CAMPAIGN_STOPPED };

struct campaign;

/* What a command does around every sample. `sample` is NULL when it was interrupted, and nothing
 * but cleaning up is asked for. Each goes on when it returns CAMPAIGN_DONE. */
struct campaign_company {
    void *context;
    enum campaign_end (*before)(void *context, struct campaign *campaign, const struct place *place,
                                struct problem *problem);
    enum campaign_end (*after)(void *context, struct campaign *campaign, const struct place *place,
                               const struct sample *sample, struct problem *problem);
};

struct campaign {
    struct store *store;
    struct session session;
    struct facts facts;
    struct cells cells;
    struct plan plan; /* what is left to do */
    int total;        /* samples of the whole session */
    struct host_cores cores;
    struct host_ticks ticks;
    struct measure_settings measure;
    bool shows_first;                       /* let the first sample print */
    bool stops_at_trouble;                  /* at the first sample that is not ok */
    struct sample troubled;                 /* that sample; position -1: none */
    struct facts readings;                  /* at the end: load, steal, other processes */
    struct noises noise;                    /* at the end, also stored */
    const struct campaign_company *company; /* NULL: none */
};

/* Takes the machine-wide lock, watches for interrupts and opens the database. */
int campaign_open(const struct bench *bench, struct campaign *campaign, struct problem *problem);
void campaign_close(struct campaign *campaign);

/* The fingerprint of host, builds and cores for the cells chosen. */
void campaign_add_facts(const struct bench *bench, struct campaign *campaign);

/* Writes a new session with its plan. */
int campaign_begin(const struct bench *bench, struct campaign *campaign, const char *kind,
                   const char *mode, struct problem *problem);

/* Stopped, with the problem: the database or the system said no. What was measured is stored
 * whatever the end. */
enum campaign_end campaign_run(const struct bench *bench, struct campaign *campaign,
                               struct problem *problem);

/* Some allocator can be measured, or the problem says why none can. */
int campaign_check_cells(const struct cells *cells, struct problem *problem);

#endif
