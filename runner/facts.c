#include "runner/facts.h"

#include <string.h>

void facts_add(struct arena *arena, struct facts *facts, const char *key, const char *value)
{
    if (facts_get(facts, key) != NULL)
        return;
    strings_add(arena, &facts->keys, key);
    strings_add(arena, &facts->values, value != NULL ? value : "unknown");
}

const char *facts_get(const struct facts *facts, const char *key)
{
    for (int i = 0; i < facts->keys.count; i++)
        if (strcmp(facts->keys.at[i], key) == 0)
            return facts->values.at[i];
    return NULL;
}

static bool decides(const char *key)
{
    static const char *const families[] = {"plan.", "build_id.", "env.", "pin."};
    static const char *const single[] = {"cpu.model", "kernel.release", "glibc.version"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strncmp(key, families[i], strlen(families[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (strcmp(key, single[i]) == 0)
            return true;
    return false;
}

static const char *find_one_way(const struct facts *a, const struct facts *b)
{
    for (int i = 0; i < a->keys.count; i++) {
        const char *key = a->keys.at[i];
        const char *other = facts_get(b, key);
        if (decides(key) && (other == NULL || strcmp(other, a->values.at[i]) != 0))
            return key;
    }
    return NULL;
}

const char *facts_find_difference(const struct facts *a, const struct facts *b)
{
    const char *key = find_one_way(a, b);
    return key != NULL ? key : find_one_way(b, a);
}
