#include "runner/subject/catalog.h"

#include <errno.h>
#include <string.h>

/* The first ones are the modes. */
static const char *const set_names[SET_COUNT] = {"quick",  "default", "full",
                                                 "misuse", "units",   "blackbox"};

/* A place in a file, for messages. */
struct place {
    const char *path;
    int line;
};

const char *catalog_mode_name(enum catalog_mode mode)
{
    return set_names[mode];
}

bool catalog_mode_from_name(const char *name, enum catalog_mode *mode)
{
    for (int i = 0; i < MODE_COUNT; i++)
        if (strcmp(name, set_names[i]) == 0) {
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

/* Every choice of parts but none and all, smaller ones first: the last one that was added stays in
 * `chosen` while those with it are added. */
static void add_choices(struct arena *arena, struct catalog_axis *axis, struct strings *chosen,
                        int left, int from)
{
    if (left == 0) {
        strings_add(arena, &axis->values, strings_join(arena, chosen, "+"));
        return;
    }
    for (int i = from; i < axis->parts.count; i++) {
        strings_add(arena, chosen, axis->parts.at[i]);
        add_choices(arena, axis, chosen, left - 1, i + 1);
        chosen->at[--chosen->count] = NULL;
    }
}

static int read_parts(struct arena *arena, struct catalog *catalog, struct place place,
                      const struct strings *words, struct problem *problem)
{
    const int a = words->count < 4 ? -1 : find_axis(catalog, words->at[1], strlen(words->at[1]));
    if (a < 0 || words->count - 2 > CATALOG_PARTS_MAX || catalog->axes[a].values.count != 2)
        return problem_set(problem,
                           "%s:%d: write: parts AXIS PART PART... (at most %d), where the "
                           "axis is above and has two values, for no part and for all",
                           place.path, place.line, CATALOG_PARTS_MAX);
    struct catalog_axis *axis = &catalog->axes[a];
    for (int i = 2; i < words->count; i++)
        strings_add(arena, &axis->parts, words->at[i]);
    struct strings chosen = {0};
    for (int size = 1; size < axis->parts.count; size++)
        add_choices(arena, axis, &chosen, size, 0);
    return 0;
}

const char *catalog_axis_choices(struct arena *arena, const struct catalog_axis *axis)
{
    if (axis->parts.count == 0)
        return strings_join(arena, &axis->values, ", ");
    return arena_printf(arena, "%s, %s or any of %s joined by +", axis->values.at[0],
                        axis->values.at[1], strings_join(arena, &axis->parts, ", "));
}

static bool set_from_name(const char *name, enum catalog_set *set)
{
    for (int i = 0; i < SET_COUNT; i++)
        if (strcmp(name, set_names[i]) == 0) {
            *set = (enum catalog_set)i;
            return true;
        }
    return false;
}

/* "*" or values with | between them. */
static int read_values(struct arena *arena, const struct catalog_axis *axis, struct place place,
                       const char *text, struct strings *taken, struct problem *problem)
{
    struct strings values = {0};
    strings_split(arena, &values, text, "|");
    if (strcmp(text, "*") == 0)
        values = axis->values;
    for (int i = 0; i < values.count; i++) {
        if (!strings_hold(&axis->values, values.at[i]))
            return problem_set(problem, "%s:%d: axis %s has no value '%s': it has %s", place.path,
                               place.line, axis->name, values.at[i],
                               catalog_axis_choices(arena, axis));
        strings_add(arena, taken, values.at[i]);
    }
    return 0;
}

static int read_take(struct arena *arena, struct catalog *catalog, struct place place,
                     const struct strings *words, struct problem *problem)
{
    struct catalog_take *take = &catalog->takes[catalog->take_count];
    if (catalog->take_count == CATALOG_TAKES_MAX)
        return problem_set(problem, "%s:%d: more than %d takes", place.path, place.line,
                           CATALOG_TAKES_MAX);
    if (words->count < 2 || !set_from_name(words->at[1], &take->set))
        return problem_set(problem,
                           "%s:%d: write: take SET AXIS=VALUE|VALUE..., SET being quick, "
                           "default, full, misuse, units or blackbox",
                           place.path, place.line);
    catalog->take_count++;
    for (int i = 2; i < words->count; i++) {
        const char *equals = strchr(words->at[i], '=');
        const int a =
            equals == NULL ? -1 : find_axis(catalog, words->at[i], (size_t)(equals - words->at[i]));
        if (a < 0)
            return problem_set(problem, "%s:%d: '%s' names no axis of the lines above", place.path,
                               place.line, words->at[i]);
        if (read_values(arena, &catalog->axes[a], place, equals + 1, &take->taken[a], problem) != 0)
            return -1;
    }
    return 0;
}

static int read_matrix_line(struct arena *arena, struct catalog *catalog, struct place place,
                            const struct strings *words, struct problem *problem)
{
    if (strcmp(words->at[0], "axis") == 0)
        return read_axis(arena, catalog, place, words, problem);
    if (strcmp(words->at[0], "parts") == 0)
        return read_parts(arena, catalog, place, words, problem);
    if (strcmp(words->at[0], "take") == 0)
        return read_take(arena, catalog, place, words, problem);
    if (strcmp(words->at[0], "peer") != 0)
        return problem_set(problem, "%s:%d: '%s' is not a keyword: write axis, parts, peer or take",
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
