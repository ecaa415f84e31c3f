#include "runner/base/style.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool style_is_wanted(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(fileno(file)) && (no_color == NULL || *no_color == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

const char *style_on(bool wanted, enum style style)
{
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[1;36m", "\033[31m"};
    return wanted ? codes[style] : "";
}

const char *style_off(bool wanted)
{
    return wanted ? "\033[0m" : "";
}

int style_columns(FILE *file)
{
    struct winsize size;
    if (ioctl(fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 100;
    return size.ws_col < 60 ? 60 : size.ws_col;
}

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

int style_width(const char *text)
{
    int columns = 0;
    for (; *text != '\0'; text++)
        columns += starts_character(*text);
    return columns;
}

/* The byte at which a column starts. */
static size_t column_offset(const char *text, int column)
{
    size_t offset = 0;
    for (int seen = -1; text[offset] != '\0'; offset++)
        if (starts_character(text[offset]) && ++seen == column)
            break;
    return offset;
}

const char *style_shorten(struct arena *arena, const char *text, int columns)
{
    const int width = style_width(text);
    if (width <= columns)
        return text;
    const int tail = (columns - 1) / 2;
    const int head = columns - 1 - tail;
    return arena_printf(arena, "%.*s…%s", (int)column_offset(text, head), text,
                        text + column_offset(text, width - tail));
}

const char *style_bar(struct arena *arena, double fraction, int columns)
{
    static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    fraction = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
    const int eighths = (int)(fraction * columns * 8 + 0.5);
    char *bar = arena_alloc(arena, (size_t)columns * 4 + 4);
    char *end = bar;
    for (int i = 0; i < eighths / 8; i++)
        end = stpcpy(end, "█");
    end = stpcpy(end, parts[eighths % 8]);
    for (int i = (eighths + 7) / 8; i < columns; i++)
        end = stpcpy(end, " ");
    return bar;
}

const char *style_duration(struct arena *arena, double seconds)
{
    const long whole = seconds > 0 ? (long)(seconds + 0.5) : 0;
    if (whole >= 3600)
        return arena_printf(arena, "%ld h %ld min", whole / 3600, whole % 3600 / 60);
    if (whole >= 60)
        return arena_printf(arena, "%ld min %ld s", whole / 60, whole % 60);
    return arena_printf(arena, "%ld s", whole);
}
