/* Programs of the system that build: make, gcc, objcopy, rm. Found by the PATH, in English, without
 * what a make above us would hand down; their complaint becomes one line.
 */
#ifndef RUNNER_TOOL_H
#define RUNNER_TOOL_H

#include "runner/base/text.h"

/* `words` closed by NULL. 0 with what it printed on stdout. -1: it could not be started, failed
 * (the problem is the first error that it told), took longer than 15 minutes, or we were
 * interrupted. */
int tool_run(struct arena *arena, const char *const *words, const char **output,
             struct problem *problem);

#endif
