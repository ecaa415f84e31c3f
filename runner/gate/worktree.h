/* Commits built beside each other: a git worktree per commit under build/gate/trees/, in it the
 * release default of the allocator and, when asked for, the workloads, made by that commit's own
 * Makefile with this machine's compiler.
 *
 * A tree is kept until it is removed, so that the next one who wants the commit has it at once; one
 * that was left half-made, changed by hand or built by another compiler is put right first. The
 * caller holds the machine-wide lock (lock.h): two builders of one tree would disturb each other,
 * and a build disturbs measurements. Knows nothing of what is measured.
 */
#ifndef RUNNER_WORKTREE_H
#define RUNNER_WORKTREE_H

#include "runner/base/text.h"

struct worktree {
    const char *commit;     /* whole hash */
    const char *folder;     /* top of the tree */
    const char *library;    /* its libhakmem.so, a real path */
    struct strings objects; /* the .o files it was linked from, by name */
};

enum worktree_goal {
    WORKTREE_LIBRARY = 1 << 0,   /* the release default; sets library and objects */
    WORKTREE_WORKLOADS = 1 << 1, /* build/workloads/ of the tree */
};

/* What worktree_build returns when the commit is there but does not build. */
enum { WORKTREE_BROKEN = -2 };

/* `root`: top of the repository; `ref`: anything that git understands. Blocks for the seconds that
 * a build takes. -1: no such commit, git failed, or an interrupt; WORKTREE_BROKEN: the build
 * failed, and the problem tells the compiler's first error. */
int worktree_build(struct arena *arena, const char *root, const char *ref, unsigned goals,
                   struct worktree *tree, struct problem *problem);

/* Deletes the tree and git's note of it. */
int worktree_remove(struct arena *arena, const char *root, const struct worktree *tree,
                    struct problem *problem);

/* Keeps the `kept` trees that were used last and removes the others. */
int worktree_prune(struct arena *arena, const char *root, int kept, struct problem *problem);

#endif
