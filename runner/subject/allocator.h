/* Allocators by name: what is preloaded for one, and what its children must prove.
 *
 * A name is a peer of the matrix, hakmem or hakmem:key=value,..., or the path of a shared object
 * (anything with a '/'). A name that is right but cannot be measured here is resolved with
 * `missing` set; a name that is wrong is a problem that lists the valid ones.
 */
#ifndef RUNNER_ALLOCATOR_H
#define RUNNER_ALLOCATOR_H

#include "runner/subject/catalog.h"

enum allocator_kind { ALLOCATOR_GLIBC, ALLOCATOR_PEER, ALLOCATOR_HAKMEM, ALLOCATOR_PATH };

struct allocator {
    const char *name; /* canonical, as stored */
    enum allocator_kind kind;
    const char *missing;        /* why it cannot be measured and what to do; NULL: it can */
    const char *object;         /* who must own malloc and free: a real path */
    const char *build_id;       /* of that object; NULL when it has none */
    const char *preload;        /* for LD_PRELOAD; NULL for the C library */
    const char *variant;        /* must be compiled in; NULL: not asked for */
    const char *prewarm;        /* must be in force; NULL: not asked for */
    struct strings environment; /* of the start-up axes: HAKMEM_PREWARM=1 */
};

struct allocators {
    struct allocator *at;
    int count;
};

/* `root` is the top of the repository. */
int allocator_resolve(struct arena *arena, const struct catalog *catalog, const char *root,
                      const char *name, struct allocator *allocator, struct problem *problem);

/* Names, each once, in the given order. */
int allocators_resolve(struct arena *arena, const struct catalog *catalog, const char *root,
                       const struct strings *names, struct allocators *list,
                       struct problem *problem);

/* Splits "a,hakmem:k=v,k=v,b": a part with '=' that neither starts a name nor is a path goes on
 * with the variant before it. */
void allocators_split(struct arena *arena, const char *text, struct strings *names);

void allocators_add_peers(struct arena *arena, const struct catalog *catalog,
                          struct strings *names);

#endif
