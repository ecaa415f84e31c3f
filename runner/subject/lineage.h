/* The commits of a range along first parents, oldest first, and the order in which to measure them.
 * A branch that was merged is one commit of the line: the merge.
 */
#ifndef RUNNER_LINEAGE_H
#define RUNNER_LINEAGE_H

#include "runner/base/text.h"

struct commit {
    const char *id; /* whole hash */
    const char *utc;
    const char *subject;
    int position; /* first-parent commits before it, from the root */
};

struct lineage {
    struct commit *at; /* oldest first */
    int count;
};

/* `range`: A..B as git means it (without A), or one REF, which is that commit alone. An empty range
 * is a problem. */
int lineage_read(struct arena *arena, const char *root, const char *range, struct lineage *lineage,
                 struct problem *problem);

/* The last release: the newest tag of the form v1... on the first-parent line of `ref`; NULL: there
 * is none. */
const char *lineage_last_release(struct arena *arena, const char *root, const char *ref);

/* Indices 0..count-1 so that any beginning of the order is spread evenly: the newest, the oldest,
 * then the middle of every gap, widest gaps first. `order` has room for count. Pure. */
void lineage_bisecting_order(int count, int *order);

#endif
