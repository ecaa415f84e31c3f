/* Reading of JSON objects with "unknown" as an ordinary answer. A thin layer over jansson. */
#ifndef RUNNER_JSON_H
#define RUNNER_JSON_H

#include "runner/base/text.h"

#include <jansson.h>
#include <stdint.h>

/* The object of a text that holds exactly one, NULL otherwise. The caller drops it (json_decref).
 */
json_t *json_read_object(const char *text);

/* -1 when the key is absent, null or no number of 0 or more. */
int64_t json_number(const json_t *object, const char *key);

/* NULL when the key is absent, null or no text. */
const char *json_text(struct arena *arena, const json_t *object, const char *key);

/* One line for a machine on stdout; drops the value. */
void json_print(json_t *value);

#endif
