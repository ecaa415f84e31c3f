/* The identity proof: ld.so ignores a missing preload and carries on with glibc, so every child
 * says whose malloc and free it calls, and this Box compares that with what was asked for.
 */
#ifndef RUNNER_PROOF_H
#define RUNNER_PROOF_H

#include "runner/base/json.h"
#include "runner/subject/allocator.h"

/* As the child tells it; NULL or -1: it does not know. */
struct proof {
    const char *malloc_object, *malloc_build_id;
    const char *free_object, *free_build_id;
    const char *variant;
    int64_t prewarm;
};

/* `identity`: the object {"malloc_object": ...}; NULL gives a proof of nothing. */
struct proof proof_read(struct arena *arena, const json_t *identity);

/* NULL when the child ran on that allocator, else the reason why not, for a person. */
const char *proof_check(struct arena *arena, const struct proof *proof,
                        const struct allocator *allocator);

#endif
