/* The memory that a child shares with the runner: what it has written there can be read whatever
 * became of it. One page of the workload's harness (workloads/page.h) and one of the allocator's;
 * each a memfd of its own, made anew for every process, so that what a process leaves running
 * cannot write into the next one's.
 */
#ifndef RUNNER_PAGES_H
#define RUNNER_PAGES_H

#include "allocator/diagnostics/kpi_page.h"
#include "runner/process/child.h"
#include "runner/subject/record.h"
#include "workloads/page.h"

struct pages {
    struct child_descriptor descriptors[2]; /* passed on to the child */
    struct work_page *work;
    struct hak_kpi_page *allocator;
};

int pages_open(struct pages *pages, struct problem *problem);
void pages_close(struct pages *pages);

/* The variables that tell a child of them. */
void pages_add_environment(struct arena *arena, const struct pages *pages,
                           struct strings *environment);
/* Whether an entry of the environment is one of these, which a user's own must not replace. */
bool pages_own_entry(const char *entry);

/* What the child has left, as details of the sample. Where the child did not live to tell itself
 * what it has done, as numbers and reason of the sample, too. */
void pages_read(struct arena *arena, const struct pages *pages, int64_t ended_ns,
                struct sample *sample);

#endif
