#include "runner/catalog.h"

#include <errno.h>
#include <string.h>

static const char *const mode_names[MODE_COUNT] = {"quick", "default", "full"};

/* A place in a file, for messages. */
struct place {
    const char *path;
    int line;
};

const char *catalog_mode_name(enum catalog_mode mode)
{
    return mode_names[mode];
}

bool catalog_mode_from_name(const char *name, enum catalog_mode *mode)
{
    for (int i = 0; i < MODE_COUNT; i++)
        if (strcmp(name, mode_names[i]) == 0) {
            *mode = (enum catalog_mode)i;
            return true;
        }
    return false;
}

const struct catalog_row *catalog_find_row(const struct catalog *catalog, const char *name)
{
    for (int i = 0; i < catalog->row_count; i++)
        if (strcmp(catalog->rows[i].name, name) == 0)
            return &catalog->rows[i];
    return NULL;
}

static int find_axis(const struct catalog *catalog, const char *name, size_t length)
{
    for (int i = 0; i < catalog->axis_count; i++)
        if (strlen(catalog->axes[i].name) == length &&
            memcmp(catalog->axes[i].name, name, length) == 0)
            return i;
    return -1;
}

static int read_axis(struct arena *arena, struct catalog *catalog, struct place place,
                     const struct strings *words, struct problem *problem)
{
    if (words->count < 4 || catalog->axis_count == CATALOG_AXES_MAX)
        return problem_set(problem,
                           "%s:%d: write: axis NAME build|start DEFAULT OTHER... (at "
                           "most %d axes)",
                           place.path, place.line, CATALOG_AXES_MAX);
    struct catalog_axis *axis = &catalog->axes[catalog->axis_count++];
    axis->name = words->at[1];
    axis->at_start = strcmp(words->at[2], "start") == 0;
    if (!axis->at_start && strcmp(words->at[2], "build") != 0)
        return problem_set(problem, "%s:%d: axis %s is chosen at '%s': write build or start",
                           place.path, place.line, axis->name, words->at[2]);
    for (int i = 3; i < words->count; i++)
        strings_add(arena, &axis->values, words->at[i]);
    return 0;
}

static int read_take(struct arena *arena, struct catalog *catalog, struct place place,
                     const struct strings *words, struct problem *problem)
{
    struct catalog_take *take = &catalog->takes[catalog->take_count];
    if (words->count < 2 || !catalog_mode_from_name(words->at[1], &take->mode) ||
        catalog->take_count == CATALOG_TAKES_MAX - 1)
        return problem_set(problem, "%s:%d: write: take quick|default|full AXIS=VALUE...",
                           place.path, place.line);
    catalog->take_count++;
    for (int i = 2; i < words->count; i++) {
        const char *equals = strchr(words->at[i], '=');
        const int a =
            equals == NULL ? -1 : find_axis(catalog, words->at[i], (size_t)(equals - words->at[i]));
        if (a < 0)
            return problem_set(problem, "%s:%d: '%s' names no axis of the lines above", place.path,
                               place.line, words->at[i]);
        if (strcmp(equals + 1, "*") == 0)
            take->taken[a] = catalog->axes[a].values;
        else if (strings_hold(&catalog->axes[a].values, equals + 1))
            strings_add(arena, &take->taken[a], equals + 1);
        else
            return problem_set(problem, "%s:%d: axis %s has no value '%s': it has %s", place.path,
                               place.line, catalog->axes[a].name, equals + 1,
                               strings_join(arena, &catalog->axes[a].values, ", "));
    }
    return 0;
}

static int read_matrix_line(struct arena *arena, struct catalog *catalog, struct place place,
                            const struct strings *words, struct problem *problem)
{
    if (strcmp(words->at[0], "axis") == 0)
        return read_axis(arena, catalog, place, words, problem);
    if (strcmp(words->at[0], "take") == 0)
        return read_take(arena, catalog, place, words, problem);
    if (strcmp(words->at[0], "peer") != 0)
        return problem_set(problem, "%s:%d: '%s' is not a keyword: write axis, peer or take",
                           place.path, place.line, words->at[0]);
    if (words->count != 4 || catalog->peer_count == CATALOG_PEERS_MAX)
        return problem_set(problem, "%s:%d: write: peer NAME SONAME PACKAGE (at most %d peers)",
                           place.path, place.line, CATALOG_PEERS_MAX);
    catalog->peers[catalog->peer_count++] = (struct catalog_peer){
        .name = words->at[1], .soname = words->at[2], .package = words->at[3]};
    return 0;
}

static int read_row_line(struct arena *arena, struct catalog *catalog, struct place place,
                         const char *line, const struct strings *words, struct problem *problem)
{
    struct catalog_row *row = NULL;
    for (int i = 0; i < catalog->row_count; i++)
        if (strcmp(catalog->rows[i].name, words->at[0]) == 0)
            row = &catalog->rows[i];
    if (row == NULL) {
        if (catalog->row_count == CATALOG_ROWS_MAX)
            return problem_set(problem, "%s:%d: more than %d rows", place.path, place.line,
                               CATALOG_ROWS_MAX);
        row = &catalog->rows[catalog->row_count++];
        row->name = row->program = words->at[0];
        row->about = "";
    }
    enum catalog_mode mode;
    if (words->count < 2)
        return problem_set(problem,
                           "%s:%d: row %s needs a key: program, about, quick, default or "
                           "full",
                           place.path, place.line, row->name);
    const char *key = words->at[1];
    if (strcmp(key, "program") == 0 && words->count == 3) {
        row->program = words->at[2];
    } else if (strcmp(key, "about") == 0 && words->count > 2) {
        row->about = arena_copy(arena, strstr(line, "about") + strlen("about"));
        row->about += strspn(row->about, " \t");
    } else if (catalog_mode_from_name(key, &mode)) {
        row->has_mode[mode] = true;
        for (int i = 2; i < words->count; i++)
            strings_add(arena, &row->arguments[mode], words->at[i]);
    } else {
        return problem_set(problem,
                           "%s:%d: '%s' is not a key of a row: write program NAME, about "
                           "TEXT, quick, default or full",
                           place.path, place.line, key);
    }
    return 0;
}

/* Feeds every line that is neither empty nor a comment to the reader of that file. */
static int read_lines(struct arena *arena, struct catalog *catalog, const char *path, bool rows,
                      struct problem *problem)
{
    char *text = text_read_file(arena, path);
    if (text == NULL)
        return problem_set(problem, "cannot read %s: %s", path, strerror(errno));
    struct place place = {.path = path, .line = 0};
    for (char *line = text; line != NULL && *line != '\0';) {
        char *next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        place.line++;
        struct strings words = {0};
        strings_split(arena, &words, line, " \t\r");
        if (words.count > 0 && words.at[0][0] != '#') {
            const int result = rows ? read_row_line(arena, catalog, place, line, &words, problem)
                                    : read_matrix_line(arena, catalog, place, &words, problem);
            if (result != 0)
                return result;
        }
        line = next;
    }
    return 0;
}

int catalog_read(struct arena *arena, const char *matrix_path, const char *rows_path,
                 struct catalog *catalog, struct problem *problem)
{
    *catalog = (struct catalog){0};
    if (read_lines(arena, catalog, matrix_path, false, problem) != 0 ||
        read_lines(arena, catalog, rows_path, true, problem) != 0)
        return -1;
    if (catalog->axis_count == 0)
        return problem_set(problem, "%s names no axis: write at least one axis line", matrix_path);
    if (catalog->row_count == 0)
        return problem_set(problem, "%s names no workload: write at least one row", rows_path);
    return 0;
}
