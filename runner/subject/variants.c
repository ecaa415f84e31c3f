#include "runner/subject/variants.h"

#include <string.h>

static const char prefix[] = "hakmem";

struct variant variant_default(const struct catalog *catalog)
{
    struct variant variant = {{NULL}};
    for (int a = 0; a < catalog->axis_count; a++)
        variant.value[a] = catalog->axes[a].values.at[0];
    return variant;
}

static const char *join_axes(struct arena *arena, const struct catalog *catalog,
                             const struct variant *variant, const char *between, bool keys,
                             bool (*wanted)(const struct catalog_axis *, const char *value))
{
    struct strings parts = {0};
    for (int a = 0; a < catalog->axis_count; a++) {
        const struct catalog_axis *axis = &catalog->axes[a];
        if (!wanted(axis, variant->value[a]))
            continue;
        strings_add(arena, &parts,
                    keys ? arena_printf(arena, "%s=%s", axis->name, variant->value[a])
                         : variant->value[a]);
    }
    return strings_join(arena, &parts, between);
}

static bool is_changed(const struct catalog_axis *axis, const char *value)
{
    return strcmp(value, axis->values.at[0]) != 0;
}

static bool is_built_in(const struct catalog_axis *axis, const char *value)
{
    (void)value;
    return !axis->at_start;
}

const char *variant_name(struct arena *arena, const struct catalog *catalog,
                         const struct variant *variant)
{
    const char *changes = join_axes(arena, catalog, variant, ",", true, is_changed);
    return *changes == '\0' ? prefix : arena_printf(arena, "%s:%s", prefix, changes);
}

const char *variant_slug(struct arena *arena, const struct catalog *catalog,
                         const struct variant *variant)
{
    return join_axes(arena, catalog, variant, "-", false, is_built_in);
}

const char *variant_string(struct arena *arena, const struct catalog *catalog,
                           const struct variant *variant)
{
    return join_axes(arena, catalog, variant, ",", true, is_built_in);
}

/* The matrix lists the numbers that are measured; a start-up axis takes any small one. */
static bool takes_any_number(const struct catalog_axis *axis, const char *value)
{
    long number;
    return axis->at_start && text_to_long(axis->values.at[0], 0, 9999, &number) &&
           text_to_long(value, 0, 9999, &number) && strlen(value) <= 4 &&
           (value[0] != '0' || value[1] == '\0');
}

/* "next+pin" is "pin+next", and all parts are the value that stands for all. NULL: not a value. */
static const char *canonical_value(struct arena *arena, const struct catalog_axis *axis,
                                   const char *value)
{
    if (strings_hold(&axis->values, value) || takes_any_number(axis, value))
        return arena_copy(arena, value);
    struct strings given = {0}, kept = {0};
    strings_split(arena, &given, value, "+");
    for (int i = 0; i < given.count; i++)
        if (!strings_hold(&axis->parts, given.at[i]))
            return NULL;
    for (int i = 0; i < axis->parts.count; i++)
        if (strings_hold(&given, axis->parts.at[i]))
            strings_add(arena, &kept, axis->parts.at[i]);
    if (kept.count == 0)
        return NULL;
    return kept.count == axis->parts.count ? axis->values.at[1] : strings_join(arena, &kept, "+");
}

static int set_key(struct arena *arena, const struct catalog *catalog, const char *name,
                   const char *pair, struct variant *variant, struct problem *problem)
{
    struct strings keys = {0};
    const size_t length = strcspn(pair, "=");
    for (int a = 0; a < catalog->axis_count; a++) {
        const struct catalog_axis *axis = &catalog->axes[a];
        strings_add(arena, &keys, axis->name);
        if (strlen(axis->name) != length || memcmp(axis->name, pair, length) != 0)
            continue;
        const char *value = pair[length] == '=' ? pair + length + 1 : "";
        variant->value[a] = canonical_value(arena, axis, value);
        if (variant->value[a] == NULL)
            return problem_set(problem, "%s: %s cannot be '%s': choose from %s", name, axis->name,
                               value, catalog_axis_choices(arena, axis));
        return 0;
    }
    return problem_set(problem, "%s: there is no key '%.*s': choose from %s", name, (int)length,
                       pair, strings_join(arena, &keys, ", "));
}

int variant_from_name(struct arena *arena, const struct catalog *catalog, const char *name,
                      struct variant *variant, struct problem *problem)
{
    *variant = variant_default(catalog);
    const char *rest = name + strlen(prefix);
    if (*rest == '\0')
        return 0;
    struct strings pairs = {0};
    strings_split(arena, &pairs, rest + 1, ",");
    for (int i = 0; i < pairs.count; i++)
        if (set_key(arena, catalog, name, pairs.at[i], variant, problem) != 0)
            return -1;
    return 0;
}

static void add_product(struct arena *arena, const struct catalog *catalog,
                        const struct strings *taken, int axis, struct variant *variant,
                        struct strings *names)
{
    if (axis == catalog->axis_count) {
        const char *name = variant_name(arena, catalog, variant);
        if (!strings_hold(names, name))
            strings_add(arena, names, name);
        return;
    }
    const struct strings *values = &taken[axis];
    if (values->count == 0) {
        variant->value[axis] = catalog->axes[axis].values.at[0];
        add_product(arena, catalog, taken, axis + 1, variant, names);
    }
    for (int i = 0; i < values->count; i++) {
        variant->value[axis] = values->at[i];
        add_product(arena, catalog, taken, axis + 1, variant, names);
    }
}

void variants_of_set(struct arena *arena, const struct catalog *catalog, enum catalog_set set,
                     struct strings *names)
{
    struct variant variant = variant_default(catalog);
    strings_add(arena, names, prefix);
    for (int t = 0; t < catalog->take_count; t++)
        if (set == SET_COUNT || catalog->takes[t].set == set)
            add_product(arena, catalog, catalog->takes[t].taken, 0, &variant, names);
}
