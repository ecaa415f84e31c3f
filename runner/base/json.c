#include "runner/base/json.h"

#include <stdio.h>

json_t *json_read_object(const char *text)
{
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

int64_t json_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value)
                                                                    : -1;
}

const char *json_text(struct arena *arena, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? arena_copy(arena, text) : NULL;
}

void json_print(json_t *value)
{
    json_dumpf(value, stdout, JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(value);
}
