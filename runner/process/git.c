#define _GNU_SOURCE
#include "runner/process/git.h"

#include "runner/process/child.h"

#include <string.h>
#include <unistd.h>

enum { GIT_SECONDS_MAX = 600 };

struct strings git_environment(struct arena *arena)
{
    static const char *const unwanted[] = {
        "LD_PRELOAD=",     "GIT_DIR=",        "GIT_WORK_TREE=",
        "GIT_INDEX_FILE=", "GIT_COMMON_DIR=", "GIT_OBJECT_DIRECTORY=",
        "GIT_PREFIX="};
    struct strings result = {0};
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        bool is_wanted = true;
        for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
            is_wanted = is_wanted && strncmp(*entry, unwanted[i], strlen(unwanted[i])) != 0;
        if (is_wanted)
            strings_add(arena, &result, *entry);
    }
    if (result.count == 0)
        strings_add(arena, &result, "PATH=/usr/bin:/bin");
    return result;
}

int git_run(struct arena *arena, const char *folder, const char *const *words, const char **output,
            struct problem *problem)
{
    /* Reading must not lock: git status would lock the index to refresh it, and leave the lock
     * behind when we are killed meanwhile. */
    static const char *const start[] = {"/usr/bin/env", "git", "--no-optional-locks", "-C"};
    struct strings argv = {0};
    for (size_t i = 0; i < sizeof start / sizeof *start; i++)
        strings_add(arena, &argv, start[i]);
    strings_add(arena, &argv, folder);
    for (const char *const *word = words; *word != NULL; word++)
        strings_add(arena, &argv, *word);
    const struct strings environment = git_environment(arena);
    const struct child_request request = {.argv = argv.at,
                                          .environment = environment.at,
                                          .timeout_s = GIT_SECONDS_MAX,
                                          .output = CHILD_CAPTURE};
    struct child_result result;
    if (child_run(arena, &request, &result, problem) != 0)
        return -1;
    if (result.end == CHILD_INTERRUPTED)
        return problem_set(problem, "interrupted during git %s", words[0]);
    if (result.end != CHILD_EXITED || result.exit_code != 0)
        return problem_set(problem, "git %s failed in %s: %s", words[0], folder,
                           text_last_line(arena, result.errors, 300));
    *output = result.output;
    return 0;
}

int git_resolve(struct arena *arena, const char *folder, const char *ref, const char **commit,
                struct problem *problem)
{
    const char *const words[] = {"rev-parse",
                                 "--verify",
                                 "--quiet",
                                 "--end-of-options",
                                 arena_printf(arena, "%s^{commit}", ref),
                                 NULL};
    const char *output;
    struct problem ignored = {0};
    if (git_run(arena, folder, words, &output, &ignored) != 0)
        return problem_set(problem,
                           "no commit is called '%s': give a branch, a tag or a hash (a shallow "
                           "clone lacks old ones: git fetch --unshallow)",
                           ref);
    *commit = arena_copy_part(arena, output, strcspn(output, "\n"));
    return 0;
}
