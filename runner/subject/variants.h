/* The variants of hakmem: products of the catalogue's axes, their names, the folders of
 * their builds and the strings compiled into them. Pure text; touches no file.
 */
#ifndef RUNNER_VARIANTS_H
#define RUNNER_VARIANTS_H

#include "runner/subject/catalog.h"

/* A value per axis. On axes of numbers that are chosen at start-up it may be a number that the
 * matrix does not list. */
struct variant {
    const char *value[CATALOG_AXES_MAX];
};

struct variant variant_default(const struct catalog *catalog);

/* "hakmem" or "hakmem:key=value,..." with the keys that differ from the default, in axis order. */
const char *variant_name(struct arena *arena, const struct catalog *catalog,
                         const struct variant *variant);

/* Reads "hakmem[:key=value,...]"; on an unknown key or value the problem lists the valid ones. */
int variant_from_name(struct arena *arena, const struct catalog *catalog, const char *name,
                      struct variant *variant, struct problem *problem);

/* The folder of its build: the values of the build axes joined by '-'. */
const char *variant_slug(struct arena *arena, const struct catalog *catalog,
                         const struct variant *variant);

/* What is compiled into that build: "layout=headerless,front=sll,...". */
const char *variant_string(struct arena *arena, const struct catalog *catalog,
                           const struct variant *variant);

/* Adds the names of the variants of a set, the release default first, each once.
 * SET_COUNT: of all sets together. */
void variants_of_set(struct arena *arena, const struct catalog *catalog, enum catalog_set set,
                     struct strings *names);

#endif
