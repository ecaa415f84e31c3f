/* Files and folders that a test makes for itself stand below TMPDIR, under names of their own. */
#ifndef RUNNER_TESTS_UNIT_SCRATCH_H
#define RUNNER_TESTS_UNIT_SCRATCH_H

#include "runner/base/text.h"

#include <stdlib.h>

/* A template for mkdtemp and mkstemp. */
__attribute__((unused)) static char *scratch_template(struct arena *arena)
{
    const char *folder = getenv("TMPDIR");
    return arena_printf(arena, "%s/hakbench-unit-XXXXXX",
                        folder != NULL && *folder != '\0' ? folder : "/tmp");
}

/* NULL when none can be made. */
__attribute__((unused)) static char *scratch_folder(struct arena *arena)
{
    return mkdtemp(scratch_template(arena));
}

#endif
