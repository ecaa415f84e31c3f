#include "runner/subject/predictions.h"

#include <errno.h>
#include <string.h>

static const char *const layers[] = {"pin", "guard", "next", "freelist", "head"};
enum { LAYERS = sizeof layers / sizeof *layers };

static bool is_layer(const char *name)
{
    for (int i = 0; i < LAYERS; i++)
        if (strcmp(layers[i], name) == 0)
            return true;
    return false;
}

/* "layer+layer:TAG" */
static bool is_detector(const char *word)
{
    const char *colon = strchr(word, ':');
    return colon != NULL && colon > word && colon[1] != '\0' && strchr(colon + 1, ':') == NULL;
}

static int read_line(struct arena *arena, const char *text, const char *where,
                     struct prediction_line *line, struct problem *problem)
{
    struct strings words = {0};
    strings_split(arena, &words, text, " \t");
    *line = (struct prediction_line){.case_id = words.at[0]};
    int i = 1;
    for (; i < words.count && words.at[i][0] == '@'; i++)
        strings_add(arena, &line->conditions, words.at[i] + 1);
    if (i == words.count)
        return problem_set(problem, "%s: %s has no verdict", where, line->case_id);
    line->has_without = strcmp(words.at[i], "-") != 0;
    if (line->has_without && !misuse_verdict_from_name(words.at[i], &line->without))
        return problem_set(problem, "%s: '%s' is no verdict: see the head of the file", where,
                           words.at[i]);
    for (i++; i < words.count; i++) {
        if (!is_detector(words.at[i]))
            return problem_set(problem, "%s: '%s' is not LAYER:TAG", where, words.at[i]);
        strings_add(arena, &line->detectors, words.at[i]);
    }
    return 0;
}

int predictions_read(struct arena *arena, const char *path, struct predictions *predictions,
                     struct problem *problem)
{
    const char *text = text_read_file(arena, path);
    if (text == NULL)
        return problem_set(problem, "cannot read %s: %s", path, strerror(errno));
    int lines = 1;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    *predictions = (struct predictions){
        .path = path, .at = arena_alloc(arena, (size_t)lines * sizeof *predictions->at)};
    for (int number = 1; *text != '\0'; number++) {
        const size_t length = strcspn(text, "\n");
        const char *line = arena_copy_part(arena, text, strcspn(text, "#\n"));
        text += length + (text[length] == '\n');
        if (line[strspn(line, " \t")] == '\0')
            continue;
        const char *where = arena_printf(arena, "%s:%d", path, number);
        if (read_line(arena, line, where, &predictions->at[predictions->count++], problem) != 0)
            return -1;
    }
    return 0;
}

/* The value of a key of "key=value,key=value". */
static const char *value_of(struct arena *arena, const char *variant, const char *key)
{
    struct strings pairs = {0};
    const size_t length = strlen(key);
    strings_split(arena, &pairs, variant, ",");
    for (int i = 0; i < pairs.count; i++)
        if (strncmp(pairs.at[i], key, length) == 0 && pairs.at[i][length] == '=')
            return pairs.at[i] + length + 1;
    return "";
}

/* What the conditions speak of, and the layers that there are. */
struct build {
    const char *layout, *front;
    bool has_all;
    struct strings layers;
};

static struct build read_variant(struct arena *arena, const char *variant)
{
    const char *value = value_of(arena, variant, "layers");
    struct build build = {.layout = value_of(arena, variant, "layout"),
                          .front = value_of(arena, variant, "front"),
                          .has_all = strcmp(value, "all") == 0};
    strings_split(arena, &build.layers, value, "+");
    return build;
}

static bool fits(const struct prediction_line *line, const struct build *build)
{
    for (int i = 0; i < line->conditions.count; i++)
        if (strcmp(line->conditions.at[i], build->layout) != 0 &&
            strcmp(line->conditions.at[i], build->front) != 0)
            return false;
    return true;
}

/* Whatever is no layer is in every build. */
static bool is_there(const struct build *build, const char *name)
{
    return !is_layer(name) || build->has_all || strings_hold(&build->layers, name);
}

/* True when the detector is there: then it is what is predicted. */
static bool take_detector(struct arena *arena, const char *detector, const struct build *build,
                          struct prediction *prediction)
{
    struct strings names = {0};
    const size_t length = strcspn(detector, ":");
    strings_split(arena, &names, arena_copy_part(arena, detector, length), "+");
    for (int i = 0; i < names.count; i++)
        if (!is_there(build, names.at[i]))
            return false;
    const char *tag = arena_copy(arena, detector + length + 1);
    *prediction = (struct prediction){
        .verdict = strcmp(tag, "RELEASE_DEFERRED") == 0 ? MISUSE_PREVENTED : MISUSE_DIAGNOSED,
        .layer = names.at[names.count - 1],
        .tag = tag};
    return true;
}

int predictions_find(struct arena *arena, const struct predictions *predictions,
                     const char *case_id, const char *variant, struct prediction *prediction,
                     struct problem *problem)
{
    const struct build build = read_variant(arena, variant);
    const struct prediction_line *line = NULL;
    for (int i = 0; i < predictions->count; i++)
        if (strcmp(predictions->at[i].case_id, case_id) == 0 && fits(&predictions->at[i], &build))
            line = &predictions->at[i];
    for (int i = 0; line != NULL && i < line->detectors.count; i++)
        if (take_detector(arena, line->detectors.at[i], &build, prediction))
            return 0;
    if (line == NULL || !line->has_without)
        return problem_set(problem, "%s says nothing of case %s in %s: add a line",
                           predictions->path, case_id, variant);
    *prediction = (struct prediction){.verdict = line->without};
    return 0;
}
