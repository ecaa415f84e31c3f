#define _GNU_SOURCE
#include "runner/measure/timeline.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_AT_FIRST = 128, MINFLT_FIELD = 10 };

struct timeline timeline_begin(struct arena *arena)
{
    return (struct timeline){.arena = arena, .statm = -1, .stat = -1};
}

static int open_file(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Field `number` of a line of words, from 1; -1: there is no such thing. Of stat, field 2 is a name
 * in brackets which may hold anything, so counting begins behind the last bracket. */
static int64_t read_field(int fd, int number)
{
    char text[1024];
    const ssize_t length = fd >= 0 ? pread(fd, text, sizeof text - 1, 0) : -1;
    if (length <= 0)
        return -1;
    text[length] = '\0';
    const char *bracket = strrchr(text, ')');
    const char *at = bracket != NULL ? bracket + 2 : text;
    for (int field = bracket != NULL ? 3 : 1; field < number && at != NULL; field++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? strtoll(at, NULL, 10) : -1;
}

static void add(struct timeline *timeline, struct moment moment)
{
    if (timeline->count == timeline->room) {
        const int room = timeline->room > 0 ? 2 * timeline->room : ROOM_AT_FIRST;
        struct moment *grown = arena_alloc(timeline->arena, (size_t)room * sizeof *grown);
        if (timeline->count > 0)
            memcpy(grown, timeline->at, (size_t)timeline->count * sizeof *grown);
        timeline->at = grown;
        timeline->room = room;
    }
    timeline->at[timeline->count++] = moment;
}

void timeline_look(struct timeline *timeline, pid_t pid, int64_t at_ns)
{
    if (timeline->statm < 0)
        timeline->statm = open_file(pid, "statm");
    if (timeline->stat < 0)
        timeline->stat = open_file(pid, "stat");
    const int64_t pages = read_field(timeline->statm, 2);
    const int64_t minflt = read_field(timeline->stat, MINFLT_FIELD);
    const bool rises = timeline->count == 0 || timeline->at[timeline->count - 1].at_ns < at_ns;
    if (pages > 0 && minflt >= 0 && rises) /* A process that has ended has no pages left. */
        add(timeline, (struct moment){
                          .at_ns = at_ns, .rss = pages * sysconf(_SC_PAGESIZE), .minflt = minflt});
}

void timeline_end(struct timeline *timeline)
{
    if (timeline->statm >= 0)
        close(timeline->statm);
    if (timeline->stat >= 0)
        close(timeline->stat);
    timeline->statm = timeline->stat = -1;
}
