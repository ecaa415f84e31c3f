#include "runner/base/facts.h"

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

/* What decides, in the order in which a person wants to hear of it: a build that is gone because
 * other allocators were named is told as the other names. */
static const char *const deciding[] = {"plan.",          "env.", "build_id.",    "cpu.model",
                                       "kernel.release", "pin.", "glibc.version"};

static const char *find_one_way(const struct facts *a, const struct facts *b, const char *start)
{
    for (int i = 0; i < a->keys.count; i++) {
        const char *key = a->keys.at[i];
        const char *other = facts_get(b, key);
        if (strncmp(key, start, strlen(start)) == 0 &&
            (other == NULL || strcmp(other, a->values.at[i]) != 0))
            return key;
    }
    return NULL;
}

const char *facts_find_difference(const struct facts *a, const struct facts *b)
{
    for (size_t i = 0; i < sizeof deciding / sizeof *deciding; i++) {
        const char *key = find_one_way(a, b, deciding[i]);
        if (key == NULL)
            key = find_one_way(b, a, deciding[i]);
        if (key != NULL)
            return key;
    }
    return NULL;
}
