/* Is this machine fit to measure? Readings of the machine, and a warning with a remedy for each
 * that spoils numbers. Judging is a pure function of the readings; reading looks below a folder
 * that is "" for the machine itself.
 */
#ifndef RUNNER_DOCTOR_H
#define RUNNER_DOCTOR_H

#include "runner/base/json.h"

/* Texts are NULL and numbers RECORD_NONE when the machine does not tell. */
struct doctor_readings {
    const char *governor, *thp, *virtualisation;
    const char *isolated;        /* cores that the scheduler leaves alone: "2-3" */
    const char *siblings;        /* hardware threads of the pinned core, itself among them */
    int pinned_core;             /* of one-thread rows */
    bool is_isolated, is_shared; /* the pinned core; shared: with another hardware thread */
    int cores, allowed_cores;
    int turbo; /* 1: the clock may rise above its nominal rate */
    int aslr, overcommit, perf_paranoid;
    double quota_cores;                                /* of the control group */
    double load;                                       /* of one minute */
    int64_t memory_total, memory_available, swap_used; /* bytes */
    double window_s, steal_percent, foreign_percent;   /* over that window */
    int aa_samples;                                    /* 0: no A/A comparison was made */
    double aa_spread, aa_p95;                          /* noise.h */
    const char *aa_missing;                            /* why it could not be made */
};

enum doctor_warning {
    DOCTOR_GOVERNOR,
    DOCTOR_TURBO,
    DOCTOR_STEAL,
    DOCTOR_FOREIGN,
    DOCTOR_LOAD,
    DOCTOR_QUOTA,
    DOCTOR_ONE_CORE,
    DOCTOR_SIBLINGS,
    DOCTOR_NOT_ISOLATED,
    DOCTOR_MEMORY,
    DOCTOR_SWAP,
    DOCTOR_OVERCOMMIT,
    DOCTOR_ASLR,
    DOCTOR_THP,
    DOCTOR_VIRTUAL,
    DOCTOR_AA_NOISY,
    DOCTOR_AA_MISSING,
    DOCTOR_WARNINGS
};

struct doctor_rule {
    const char *name;
    bool is_doubt; /* spoils numbers; else only worth knowing */
    const char *text, *remedy;
};

const struct doctor_rule *doctor_rule_of(enum doctor_warning warning);

/* Everything but the window and the A/A comparison. */
void doctor_read(struct arena *arena, const char *root, int pinned_core,
                 struct doctor_readings *readings);

/* raised[w]: the readings raise that warning. True: fit, for no doubt is raised. */
bool doctor_judge(const struct doctor_readings *readings, bool raised[DOCTOR_WARNINGS]);

/* What the reading behind a warning is, for a person: "powersave". */
const char *doctor_detail(struct arena *arena, enum doctor_warning warning,
                          const struct doctor_readings *readings);

void doctor_print(struct arena *arena, const struct doctor_readings *readings,
                  const bool raised[DOCTOR_WARNINGS]);
json_t *doctor_readings_json(const struct doctor_readings *readings);
json_t *doctor_warnings_json(struct arena *arena, const struct doctor_readings *readings,
                             const bool raised[DOCTOR_WARNINGS]);

#endif
