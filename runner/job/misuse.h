/* The misuse stage: every case of build/misuse under every chosen allocator, each in a fresh
 * process that is started and proved as a sample is, judged, compared with what is predicted,
 * and stored before the next one starts. Serves `hakbench misuse` and the end of a whole
 * `hakbench run`.
 */
#ifndef RUNNER_MISUSE_H
#define RUNNER_MISUSE_H

#include "runner/measure/campaign.h"
#include "runner/subject/predictions.h"

struct misuse_case {
    const char *id, *title;
    int group;
};

struct misuse_stage {
    const char *program; /* build/misuse */
    struct misuse_case *cases;
    int case_count;
    struct predictions predictions;
    struct allocators allocators;
    struct measure_settings measure;
    struct misuse *results; /* by allocator, then by case; of a missing allocator there are none */
    int count, predicted, held;
};

/* The set of the matrix file that is for it: no layer, each alone, each left out, all, in every
 * layout and front. */
void misuse_add_names(struct arena *arena, const struct catalog *catalog, struct strings *names);

/* Reads cases and predictions, resolves the allocators. `cases`: ids or groups, empty for all. What
 * is not predicted of a hakmem is a problem. */
int misuse_prepare(const struct bench *bench, const struct strings *names,
                   const struct strings *cases, struct misuse_stage *stage,
                   struct problem *problem);

/* Done, interrupted, or stopped with the problem. The campaign is open and its session begun. */
enum campaign_end misuse_run(const struct bench *bench, const struct campaign *campaign,
                             struct misuse_stage *stage, struct problem *problem);

/* Crash when something is not as predicted. */
enum exit_code misuse_exit_code(const struct misuse_stage *stage);

#endif
