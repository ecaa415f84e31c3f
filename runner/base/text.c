#include "runner/base/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_piece {
    struct arena_piece *older;
    size_t used, size;
    max_align_t bytes[];
};

enum { ARENA_PIECE_BYTES = 32 * 1024 };

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("hakbench: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t rounded = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    struct arena_piece *piece = arena->newest;
    if (piece == NULL || piece->size - piece->used < rounded) {
        const size_t bytes = rounded > ARENA_PIECE_BYTES ? rounded : ARENA_PIECE_BYTES;
        piece = must(calloc(1, sizeof *piece + bytes));
        piece->older = arena->newest;
        piece->size = bytes;
        arena->newest = piece;
    }
    void *memory = (char *)piece->bytes + piece->used;
    piece->used += rounded;
    return memory;
}

char *arena_copy_part(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_copy(struct arena *arena, const char *text)
{
    return arena_copy_part(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void arena_free(struct arena *arena)
{
    while (arena->newest != NULL) {
        struct arena_piece *piece = arena->newest;
        arena->newest = piece->older;
        free(piece);
    }
}

int problem_set(struct problem *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    return -1;
}

void strings_add(struct arena *arena, struct strings *list, const char *text)
{
    if (list->count + 1 >= list->room) {
        const int room = list->room > 0 ? 2 * list->room : 8;
        const char **at = arena_alloc(arena, (size_t)room * sizeof *at);
        if (list->count > 0)
            memcpy(at, list->at, (size_t)list->count * sizeof *at);
        list->at = at;
        list->room = room;
    }
    list->at[list->count++] = arena_copy(arena, text);
    list->at[list->count] = NULL;
}

bool strings_hold(const struct strings *list, const char *text)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->at[i], text) == 0)
            return true;
    return false;
}

const char *strings_join(struct arena *arena, const struct strings *list, const char *between)
{
    size_t length = 0;
    for (int i = 0; i < list->count; i++)
        length += strlen(list->at[i]) + strlen(between);
    char *text = arena_alloc(arena, length + 1);
    char *end = text;
    for (int i = 0; i < list->count; i++) {
        if (i > 0)
            end = stpcpy(end, between);
        end = stpcpy(end, list->at[i]);
    }
    return text;
}

void strings_split(struct arena *arena, struct strings *list, const char *text,
                   const char *separators)
{
    while (*text != '\0') {
        const size_t length = strcspn(text, separators);
        if (length > 0)
            strings_add(arena, list, arena_copy_part(arena, text, length));
        text += length;
        text += strspn(text, separators);
    }
}

char *text_read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    /* Files of /proc and /sys tell no size beforehand, so it is read until it ends. */
    size_t used = 0, room = 4096;
    char *text = must(malloc(room));
    size_t got;
    while ((got = fread(text + used, 1, room - used, file)) > 0) {
        used += got;
        if (used == room) {
            room *= 2;
            text = must(realloc(text, room));
        }
    }
    const int error = ferror(file) ? errno : 0;
    fclose(file);
    char *copy = error == 0 ? arena_copy_part(arena, text, used) : NULL;
    free(text);
    errno = error;
    return copy;
}

char *text_read_line(struct arena *arena, const char *path)
{
    char *text = text_read_file(arena, path);
    if (text != NULL)
        text[strcspn(text, "\n")] = '\0';
    return text;
}

const char *text_last_line(struct arena *arena, const char *text, size_t columns)
{
    size_t end = strlen(text);
    while (end > 0 && strchr(" \r\n\t", text[end - 1]) != NULL)
        end--;
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    const size_t length = end - start < columns ? end - start : columns;
    char *line = arena_copy_part(arena, text + start, length);
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    return line;
}

bool text_to_long(const char *text, long low, long high, long *number)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < low || value > high)
        return false;
    *number = value;
    return true;
}

static const char *quote(struct arena *arena, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_-+=:,./@%";
    if (*word != '\0' && word[strspn(word, plain)] == '\0')
        return word;
    const char *quoted = "'";
    for (const char *c = word; *c != '\0'; c++)
        quoted = *c == '\'' ? arena_printf(arena, "%s'\\''", quoted)
                            : arena_printf(arena, "%s%c", quoted, *c);
    return arena_printf(arena, "%s'", quoted);
}

const char *text_quote(struct arena *arena, int argc, char *const *argv)
{
    struct strings words = {0};
    for (int i = 0; i < argc; i++)
        strings_add(arena, &words, quote(arena, argv[i]));
    return strings_join(arena, &words, " ");
}
