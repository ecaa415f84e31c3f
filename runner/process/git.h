/* git as a program: one call, what it printed. Only the repository named is touched, whatever
 * GIT_DIR and its kin say in the environment.
 */
#ifndef RUNNER_GIT_H
#define RUNNER_GIT_H

#include "runner/base/text.h"

/* `words`: the arguments after `git -C folder`, closed by NULL. 0 with what it printed, or -1 with
 * the last line of its complaint. Blocks until git has ended, ten minutes at most. */
int git_run(struct arena *arena, const char *folder, const char *const *words, const char **output,
            struct problem *problem);

/* The whole hash of the commit that `ref` names; a problem when it names none. */
int git_resolve(struct arena *arena, const char *folder, const char *ref, const char **commit,
                struct problem *problem);

/* The environment without what would lead git astray; the child of another program that calls git
 * gets it too. */
struct strings git_environment(struct arena *arena);

#endif
