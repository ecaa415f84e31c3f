#include "runner/store/export.h"

#include "runner/stats/stats.h"

#include <math.h>
#include <string.h>

static const char *const names[EXPORT_FORMATS] = {"gbench", "hyperfine", "csv", "junit",
                                                  "bigger-is-better"};

const char *export_format_name(enum export_format format)
{
    return names[format];
}

bool export_format_from_name(const char *name, enum export_format *format)
{
    for (int i = 0; i < EXPORT_FORMATS; i++)
        if (strcmp(names[i], name) == 0) {
            *format = (enum export_format)i;
            return true;
        }
    return false;
}

struct export_point *export_add_point(struct arena *arena, struct export_series *series)
{
    if (series->count == series->room) {
        const int room = series->room > 0 ? 2 * series->room : 8;
        struct export_point *points = arena_alloc(arena, (size_t)room * sizeof *points);
        if (series->count > 0)
            memcpy(points, series->points, (size_t)series->count * sizeof *points);
        series->points = points;
        series->room = room;
    }
    struct export_point *point = &series->points[series->count++];
    *point = (struct export_point){.operations = RECORD_NONE,
                                   .cpu_ns = RECORD_NONE,
                                   .user_ns = RECORD_NONE,
                                   .system_ns = RECORD_NONE,
                                   .faults = RECORD_NONE,
                                   .peak_rss = RECORD_NONE};
    return point;
}

/* The length of the character at `c`, 0 when it is none (RFC 3629, without overlong forms). */
static size_t character_length(const unsigned char *c)
{
    const size_t length = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    if (c[0] > 0xf4 || (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

const char *export_clean(struct arena *arena, const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = arena_copy(arena, text);
    for (char *at = copy; *at != '\0';) {
        const size_t length = character_length((const unsigned char *)at);
        if (length == 0)
            *at = '?';
        at += length > 0 ? length : 1;
    }
    return copy;
}

int export_count(const struct export_series *series, bool ok)
{
    int count = 0;
    for (int i = 0; i < series->count; i++)
        count += (series->points[i].status == SAMPLE_OK) == ok;
    return count;
}

struct export_statistics export_statistics_of(struct arena *arena,
                                              const struct export_series *series,
                                              double (*field)(const struct export_point *point))
{
    struct export_statistics result = {0};
    double *values = arena_alloc(arena, ((size_t)series->count + 1) * sizeof *values);
    size_t count = 0;
    for (int i = 0; i < series->count; i++)
        if (series->points[i].status == SAMPLE_OK)
            values[count++] = field(&series->points[i]);
    if (count == 0)
        return result;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    result.mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - result.mean) * (values[i] - result.mean);
    stats_sort(values, count);
    result.count = (int)count;
    result.median = stats_median(values, count);
    result.stddev = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    result.low = values[0];
    result.high = values[count - 1];
    return result;
}

double export_ns_per_operation(const struct export_point *point)
{
    return point->elapsed_ns / (double)point->operations;
}

double export_operations_per_s(const struct export_point *point)
{
    return (double)point->operations * 1e9 / point->elapsed_ns;
}
