#include "runner/process/tool.h"

#include "runner/process/child.h"
#include "runner/process/git.h"

#include <string.h>

enum { SECONDS_MAX = 900, LOG_BYTES = 512 * 1024 };

/* The first line that a compiler, a linker or make gave as the reason. */
static const char *find_error(struct arena *arena, const char *log)
{
    static const char *const marks[] = {"error: ", "undefined reference", "*** "};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *found = strstr(log, marks[i]);
        if (found != NULL && (first == NULL || found < first))
            first = found;
    }
    if (first == NULL)
        return text_last_line(arena, log, 300);
    while (first > log && first[-1] != '\n')
        first--;
    return arena_copy_part(arena, first, strcspn(first, "\n"));
}

int tool_run(struct arena *arena, const char *const *words, const char **output,
             struct problem *problem)
{
    struct strings argv = {0}, environment = {0};
    const struct strings inherited = git_environment(arena);
    strings_add(arena, &argv, "/usr/bin/env");
    for (const char *const *word = words; *word != NULL; word++)
        strings_add(arena, &argv, *word);
    /* Jobs and variables of a make above us would make the build differ by who called. */
    for (int i = 0; i < inherited.count; i++)
        if (strncmp(inherited.at[i], "MAKE", 4) != 0 && strncmp(inherited.at[i], "MFLAGS=", 7) != 0)
            strings_add(arena, &environment, inherited.at[i]);
    strings_add(arena, &environment, "LC_ALL=C");
    const struct child_request request = {.argv = argv.at,
                                          .environment = environment.at,
                                          .timeout_s = SECONDS_MAX,
                                          .output = CHILD_CAPTURE,
                                          .errors_max = LOG_BYTES};
    struct child_result result;
    if (child_run(arena, &request, &result, problem) != 0)
        return -1;
    *output = result.output;
    if (result.end == CHILD_INTERRUPTED)
        return problem_set(problem, "interrupted during %s", words[0]);
    if (result.end == CHILD_TIMED_OUT)
        return problem_set(problem, "%s took longer than %d s and was ended", words[0],
                           SECONDS_MAX);
    if (result.end != CHILD_EXITED || result.exit_code != 0)
        return problem_set(problem, "%s: %s", words[0], find_error(arena, result.errors));
    return 0;
}
