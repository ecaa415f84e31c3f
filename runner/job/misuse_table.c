#include "runner/job/misuse_table.h"

#include "runner/base/style.h"

#include <string.h>

/* 4 + 42 + 12 * 6 = 118 columns for the usual twelve sets of layers. */
enum { ID_COLUMNS = 4, TITLE_COLUMNS = 42, CELL_COLUMNS = 6, LAYERS = 5 };

/* Lines about single outcomes and builds. */
enum { TOLD_MAX = 20, MISSING_MAX = 3 };

static const struct {
    const char *name, *short_name;
} layers[LAYERS] = {
    {"pin", "pin"}, {"guard", "grd"}, {"next", "next"}, {"freelist", "list"}, {"head", "head"}};

static const char *short_layer(const char *name)
{
    for (int i = 0; i < LAYERS; i++)
        if (strcmp(layers[i].name, name) == 0)
            return layers[i].short_name;
    return strcmp(name, "registry") == 0 ? "reg" : strcmp(name, "drain") == 0 ? "drn" : name;
}

/* The variant without its layers: what stands in one matrix. A library by its path stands alone. */
static const char *matrix_of(struct arena *arena, const struct allocator *allocator)
{
    struct strings pairs = {0}, kept = {0};
    if (allocator->variant == NULL)
        return allocator->name;
    strings_split(arena, &pairs, allocator->variant, ",");
    for (int i = 0; i < pairs.count; i++)
        if (strncmp(pairs.at[i], "layers=", 7) != 0)
            strings_add(arena, &kept, pairs.at[i]);
    return strings_join(arena, &kept, " ");
}

/* off, all, one layer's name, "-" and the one left out, or initials. */
static const char *column_of(struct arena *arena, const struct allocator *allocator)
{
    struct strings names = {0};
    const char *value = allocator->variant != NULL ? strstr(allocator->variant, "layers=") : NULL;
    if (value == NULL)
        return "";
    value += strlen("layers=");
    strings_split(arena, &names, arena_copy_part(arena, value, strcspn(value, ",")), "+");
    if (names.count == 1)
        return short_layer(names.at[0]);
    const char *initials = "";
    for (int i = 0; i < LAYERS; i++) {
        const bool is_there = strings_hold(&names, layers[i].name);
        if (names.count == LAYERS - 1 && !is_there)
            return arena_printf(arena, "-%s", layers[i].short_name);
        if (is_there)
            initials = arena_printf(arena, "%s%c", initials, layers[i].name[0]);
    }
    return initials;
}

static const struct misuse *find_result(const struct misuse_stage *stage, const char *allocator,
                                        const char *id)
{
    for (int i = 0; i < stage->count; i++)
        if (strcmp(stage->results[i].allocator, allocator) == 0 &&
            strcmp(stage->results[i].case_id, id) == 0)
            return &stage->results[i];
    return NULL;
}

static const char *symbol_of(struct arena *arena, const struct misuse *misuse)
{
    static const char *const symbols[MISUSE_VERDICTS] = {"",   "defer", "X", "hung",
                                                         "!!", "·",     "-", "?"};
    const char *symbol = misuse->verdict == MISUSE_DIAGNOSED
                             ? style_shorten(arena, short_layer(misuse->layer), CELL_COLUMNS - 2)
                             : symbols[misuse->verdict];
    return misuse->has_prediction && !misuse->held ? arena_printf(arena, "%s*", symbol) : symbol;
}

static void print_cell(struct arena *arena, const struct misuse *misuse, bool colour)
{
    const char *text = misuse != NULL ? symbol_of(arena, misuse) : "";
    const bool is_bad = misuse != NULL && misuse->has_prediction && !misuse->held;
    const bool is_dim = misuse != NULL && misuse->verdict == MISUSE_NOT_APPLICABLE;
    const enum style style = is_bad ? STYLE_BAD : is_dim ? STYLE_DIM : STYLE_PLAIN;
    printf("%*s%s%s%s", CELL_COLUMNS - style_width(text), "", style_on(colour, style), text,
           style_off(colour));
}

/* No layer, those alone, those left out, other sets, all. */
static int rank_of(const struct allocator *allocator)
{
    const char *value = allocator->variant != NULL ? strstr(allocator->variant, "layers=") : NULL;
    if (value == NULL)
        return 0;
    value += strlen("layers=");
    if (strncmp(value, "off", 3) == 0 || strncmp(value, "all", 3) == 0)
        return *value == 'a' ? 3 * LAYERS : 0;
    int count = 0, alone = 0, left_out = 0;
    for (int i = 0; i < LAYERS; i++) {
        const char *found = strstr(value, layers[i].name);
        const bool is_there = found != NULL && found < value + strcspn(value, ",");
        count += is_there;
        alone = is_there ? i : alone;
        left_out = is_there ? left_out : i;
    }
    return count == 1 ? 1 + alone : count == LAYERS - 1 ? 1 + LAYERS + left_out : 2 * LAYERS + 1;
}

/* In the order of their ranks, those of the same rank as they stood. */
static void sort_columns(const struct allocator **columns, int count)
{
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && rank_of(columns[j - 1]) > rank_of(columns[j]); j--) {
            const struct allocator *other = columns[j];
            columns[j] = columns[j - 1];
            columns[j - 1] = other;
        }
}

static void print_matrix(struct arena *arena, const struct misuse_stage *stage, const char *matrix)
{
    const struct allocators *all = &stage->allocators;
    const bool colour = style_is_wanted(stdout);
    const struct allocator **columns = arena_alloc(arena, (size_t)all->count * sizeof *columns);
    int count = 0;
    for (int a = 0; a < all->count; a++)
        if (strcmp(matrix_of(arena, &all->at[a]), matrix) == 0)
            columns[count++] = &all->at[a];
    sort_columns(columns, count);
    printf("\n%s%s%s\n%s%-*s%-*s", style_on(colour, STYLE_BOLD), matrix, style_off(colour),
           style_on(colour, STYLE_DIM), ID_COLUMNS, "", TITLE_COLUMNS, "");
    for (int c = 0; c < count; c++)
        printf("%*s", CELL_COLUMNS, column_of(arena, columns[c]));
    printf("%s\n", style_off(colour));
    for (int i = 0; i < stage->case_count; i++) {
        const struct misuse_case *one = &stage->cases[i];
        printf("%-*s%-*s", ID_COLUMNS, one->id, TITLE_COLUMNS,
               style_shorten(arena, one->title, TITLE_COLUMNS - 1));
        for (int c = 0; c < count; c++)
            print_cell(arena, find_result(stage, columns[c]->name, one->id), colour);
        putchar('\n');
    }
}

void misuse_table_print(struct arena *arena, const struct misuse_stage *stage)
{
    struct strings done = {0};
    for (int a = 0; a < stage->allocators.count; a++) {
        const char *matrix = matrix_of(arena, &stage->allocators.at[a]);
        if (strings_hold(&done, matrix))
            continue;
        strings_add(arena, &done, matrix);
        print_matrix(arena, stage, matrix);
    }
    puts("\na name: reported by that layer (list: freelist; reg, drn: in every build)\n"
         "defer: a release was put off   X crashed   !! silent, wrong data   · silent, no harm\n"
         "- means nothing there   ? did not run   * not as predicted\n"
         "columns: layers of the build, alone or with -one left out");
}

static const char *tell(struct arena *arena, enum misuse_verdict verdict, const char *layer,
                        const char *tag)
{
    const char *name = misuse_verdict_name(verdict);
    return layer != NULL ? arena_printf(arena, "%s by %s:%s", name, layer, tag) : name;
}

static void print_one(struct arena *arena, const struct misuse *misuse, FILE *file)
{
    const struct prediction *predicted = &misuse->predicted;
    const char *was = tell(arena, misuse->verdict, misuse->layer, misuse->tag);
    const char *meant = misuse->has_prediction
                            ? tell(arena, predicted->verdict, predicted->layer, predicted->tag)
                            : "nothing";
    fprintf(file, "%s %s: predicted %s, was %s%s%s\n", misuse->allocator, misuse->case_id, meant,
            was, misuse->reason != NULL ? ": " : "", misuse->reason != NULL ? misuse->reason : "");
}

static void print_missing(const struct allocators *allocators, FILE *file)
{
    int missing = 0;
    for (int a = 0; a < allocators->count; a++) {
        const struct allocator *allocator = &allocators->at[a];
        missing += allocator->missing != NULL;
        if (allocator->missing != NULL && missing <= MISSING_MAX)
            fprintf(file, "%s: missing (%s)\n", allocator->name, allocator->missing);
    }
    if (missing > MISSING_MAX)
        fprintf(file, "%d of %d variants are missing: make misuse builds them\n", missing,
                allocators->count);
}

void misuse_table_print_held(struct arena *arena, const struct misuse_stage *stage, FILE *file)
{
    int told = 0, missed = 0;
    print_missing(&stage->allocators, file);
    for (int i = 0; i < stage->count; i++) {
        const struct misuse *misuse = &stage->results[i];
        if (misuse->verdict != MISUSE_MISSED_RUN && (!misuse->has_prediction || misuse->held))
            continue;
        missed++;
        if (told < TOLD_MAX) {
            told++;
            print_one(arena, misuse, file);
        }
    }
    if (missed > told)
        fprintf(file, "... and %d more, in table misuse\n", missed - told);
    fprintf(file, "%d of %d predictions held\n", stage->held, stage->predicted);
}

json_t *misuse_table_json(const struct misuse_stage *stage)
{
    json_t *array = json_array();
    for (int i = 0; i < stage->count; i++) {
        const struct misuse *misuse = &stage->results[i];
        const struct prediction *predicted = &misuse->predicted;
        const bool known = misuse->has_prediction;
        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:i, s:s, s:s, s:s?, s:s?, s:s?, s:i, s:i, s:s?, s:s?, s:s?, "
                      "s:o, s:s?}",
                      "allocator", misuse->allocator, "case", misuse->case_id, "group",
                      misuse->group, "title", misuse->title, "verdict",
                      misuse_verdict_name(misuse->verdict), "layer", misuse->layer, "tag",
                      misuse->tag, "reports", misuse->reports, "exit_code", misuse->exit_code,
                      "signal", misuse->signal, "predicted_verdict",
                      known ? misuse_verdict_name(predicted->verdict) : NULL, "predicted_layer",
                      known ? predicted->layer : NULL, "predicted_tag",
                      known ? predicted->tag : NULL, "held",
                      known ? json_boolean(misuse->held) : json_null(), "reason", misuse->reason));
    }
    return array;
}
