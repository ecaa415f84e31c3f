/* Text and its memory: an arena that a command fills and frees at once, string lists,
 * and the one clear line that a problem becomes.
 *
 * Knows nothing of benchmarks. Out of memory ends the process: there is nothing that the
 * runner could do without a few kilobytes, and what was measured is in the database.
 * Not thread-safe; the runner has one thread.
 */
#ifndef RUNNER_TEXT_H
#define RUNNER_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena {
    struct arena_piece *newest; /* NULL: empty */
};

void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any type */
char *arena_copy(struct arena *arena, const char *text);
char *arena_copy_part(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

/* What went wrong, what it was about, and what to do now: one line without a newline. */
struct problem {
    char text[1024];
};

/* Always -1, so that a failing function can end with `return problem_set(...)`. */
int problem_set(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Invariant: at[0..count-1] are strings of the arena, at[count] is NULL once any was added. */
struct strings {
    const char **at;
    int count;
    int room;
};

void strings_add(struct arena *arena, struct strings *list, const char *text);
bool strings_hold(const struct strings *list, const char *text);
const char *strings_join(struct arena *arena, const struct strings *list, const char *between);

/* Splits at any of the separators; empty parts are dropped. */
void strings_split(struct arena *arena, struct strings *list, const char *text,
                   const char *separators);

/* The command line as it could be typed again. */
const char *text_quote(struct arena *arena, int argc, char *const *argv);

/* A whole text file, NULL when it cannot be read (errno says why). */
char *text_read_file(struct arena *arena, const char *path);

/* A one-line file of /proc or /sys without its line end; NULL when there is none. */
char *text_read_line(struct arena *arena, const char *path);

/* The last non-empty line, at most `columns` bytes of it, control characters blanked. */
const char *text_last_line(struct arena *arena, const char *text, size_t columns);

/* A whole decimal number within limits; false when the text is anything else. */
bool text_to_long(const char *text, long low, long high, long *number);

#endif
