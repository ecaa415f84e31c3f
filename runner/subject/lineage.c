#define _GNU_SOURCE
#include "runner/subject/lineage.h"

#include "runner/process/git.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* git's output is read in pieces that surely fit what is kept of it. */
enum { PIECE = 100 };

static bool is_range(const char *text)
{
    return strstr(text, "..") != NULL;
}

/* The number of first-parent commits of a revision or range. */
static int count_commits(struct arena *arena, const char *root, const char *what, long *count,
                         struct problem *problem)
{
    const char *const words[] = {"rev-list", "--first-parent", "--count", "--end-of-options", what,
                                 NULL};
    const char *output;
    if (git_run(arena, root, words, &output, problem) != 0)
        return -1;
    return text_to_long(arena_copy_part(arena, output, strcspn(output, "\n")), 0, 1L << 30, count)
               ? 0
               : problem_set(problem, "git rev-list --count %s said '%s'", what, output);
}

/* Seconds since 1970 as UTC ISO-8601. */
static const char *utc_text(struct arena *arena, const char *seconds)
{
    struct tm utc;
    char text[32] = "";
    const time_t time = (time_t)strtoll(seconds, NULL, 10);
    if (gmtime_r(&time, &utc) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return arena_copy(arena, text);
}

/* "hash\ttime\tsubject", the subject cut or filled up to one width. */
static bool read_commit(struct arena *arena, const char *line, struct commit *commit)
{
    const size_t hash = strcspn(line, "\t\n");
    const char *time = line + hash + (line[hash] == '\t');
    const size_t length = strcspn(time, "\t\n");
    if (line[hash] != '\t' || time[length] != '\t')
        return false;
    const char *subject = time + length + 1;
    size_t bytes = strcspn(subject, "\n");
    while (bytes > 0 && subject[bytes - 1] == ' ')
        bytes--;
    commit->id = arena_copy_part(arena, line, hash);
    commit->utc = utc_text(arena, time);
    commit->subject = arena_copy_part(arena, subject, bytes);
    return true;
}

/* Commits `skip` and older of the range, newest first, PIECE of them, to the end of the list. */
static int read_piece(struct arena *arena, const char *root, const char *range, int skip,
                      struct lineage *lineage, int last_position, struct problem *problem)
{
    const char *const words[] = {"log",
                                 "--first-parent",
                                 "--format=%H%x09%ct%x09%<(100,trunc)%s",
                                 arena_printf(arena, "--skip=%d", skip),
                                 arena_printf(arena, "--max-count=%d", PIECE),
                                 "--end-of-options",
                                 range,
                                 NULL};
    const char *output;
    if (git_run(arena, root, words, &output, problem) != 0)
        return -1;
    int number = skip;
    for (const char *line = output; *line != '\0' && number < lineage->count; number++) {
        struct commit *commit = &lineage->at[lineage->count - 1 - number];
        if (!read_commit(arena, line, commit))
            return problem_set(problem, "git log said what is no commit: %.60s", line);
        commit->position = last_position - number;
        const size_t length = strcspn(line, "\n");
        line += length + (line[length] == '\n');
    }
    return number == (lineage->count < skip + PIECE ? lineage->count : skip + PIECE)
               ? 0
               : problem_set(problem, "git log told fewer commits of %s than git rev-list", range);
}

int lineage_read(struct arena *arena, const char *root, const char *range, struct lineage *lineage,
                 struct problem *problem)
{
    long count, all;
    const char *commit, *newest = range;
    if (is_range(range)) {
        newest = strstr(range, "..") + strspn(strstr(range, ".."), ".");
        newest = *newest == '\0' ? "HEAD" : newest;
    }
    const char *before = arena_copy_part(arena, range, strcspn(range, "."));
    if (git_resolve(arena, root, newest, &commit, problem) != 0 ||
        count_commits(arena, root, commit, &all, problem) != 0)
        return -1;
    if (is_range(range) && *before != '\0') {
        const char *oldest;
        if (git_resolve(arena, root, before, &oldest, problem) != 0)
            return -1;
        range = arena_printf(arena, "%s..%s", oldest, commit);
        if (count_commits(arena, root, range, &count, problem) != 0)
            return -1;
    } else {
        count = is_range(range) ? all : 1;
        range = commit;
    }
    if (count == 0)
        return problem_set(problem, "no commit lies in the range: A..B is what B has and A lacks");
    *lineage = (struct lineage){.at = arena_alloc(arena, (size_t)count * sizeof *lineage->at),
                                .count = (int)count};
    for (int skip = 0; skip < count; skip += PIECE)
        if (read_piece(arena, root, range, skip, lineage, (int)all - 1, problem) != 0)
            return -1;
    return 0;
}

const char *lineage_last_release(struct arena *arena, const char *root, const char *ref)
{
    const char *const words[] = {"describe",        "--tags", "--abbrev=0", "--first-parent",
                                 "--match=v[0-9]*", ref,      NULL};
    const char *output;
    struct problem none = {0};
    if (git_run(arena, root, words, &output, &none) != 0)
        return NULL;
    return arena_copy_part(arena, output, strcspn(output, "\n"));
}

struct gap {
    int low, high; /* measured ends; what lies between is not */
};

void lineage_bisecting_order(int count, int *order)
{
    struct arena arena = {0};
    struct gap *gaps = arena_alloc(&arena, ((size_t)count + 1) * sizeof *gaps);
    int placed = 0, first = 0, waiting = 0;
    if (count > 0)
        order[placed++] = count - 1;
    if (count > 1)
        order[placed++] = 0;
    if (count > 2)
        gaps[waiting++] = (struct gap){0, count - 1};
    /* First in, first out takes the gaps of one width before those of half that. */
    while (first < waiting) {
        const struct gap gap = gaps[first++];
        const int middle = gap.low + (gap.high - gap.low) / 2;
        order[placed++] = middle;
        if (middle - gap.low > 1)
            gaps[waiting++] = (struct gap){gap.low, middle};
        if (gap.high - middle > 1)
            gaps[waiting++] = (struct gap){middle, gap.high};
    }
    arena_free(&arena);
}
