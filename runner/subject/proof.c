#include "runner/subject/proof.h"

#include <stdlib.h>
#include <string.h>

struct proof proof_read(struct arena *arena, const json_t *identity)
{
    return (struct proof){
        .malloc_object = json_text(arena, identity, "malloc_object"),
        .malloc_build_id = json_text(arena, identity, "malloc_build_id"),
        .free_object = json_text(arena, identity, "free_object"),
        .free_build_id = json_text(arena, identity, "free_build_id"),
        .variant = json_text(arena, identity, "variant"),
        .prewarm = json_number(identity, "prewarm"),
    };
}

static bool is_same_file(const char *reported, const char *expected)
{
    char *real = realpath(reported, NULL);
    const bool same = strcmp(real != NULL ? real : reported, expected) == 0;
    free(real);
    return same;
}

static const char *check_owner(struct arena *arena, const char *what, const char *object,
                               const char *build_id, const struct allocator *allocator)
{
    if (object == NULL)
        return arena_printf(arena, "the child does not say who owns %s", what);
    if (!is_same_file(object, allocator->object))
        return arena_printf(arena, "%s is served by %s, not by %s: the preload did not take effect",
                            what, object, allocator->object);
    if (allocator->build_id == NULL)
        return NULL;
    if (build_id == NULL || strcmp(build_id, allocator->build_id) != 0)
        return arena_printf(arena,
                            "built again during the run: build-id %.8s... is not %.8s... "
                            "(%s)",
                            build_id ? build_id : "none", allocator->build_id, allocator->object);
    return NULL;
}

const char *proof_check(struct arena *arena, const struct proof *proof,
                        const struct allocator *allocator)
{
    const char *reason =
        check_owner(arena, "malloc", proof->malloc_object, proof->malloc_build_id, allocator);
    if (reason == NULL)
        reason = check_owner(arena, "free", proof->free_object, proof->free_build_id, allocator);
    if (reason != NULL)
        return reason;
    if (allocator->variant != NULL &&
        (proof->variant == NULL || strcmp(proof->variant, allocator->variant) != 0))
        return arena_printf(arena, "the build says variant %s, not %s: run make again",
                            proof->variant ? proof->variant : "(none)", allocator->variant);
    long prewarm;
    if (allocator->prewarm != NULL && text_to_long(allocator->prewarm, 0, 9999, &prewarm) &&
        proof->prewarm != prewarm)
        return arena_printf(arena, "prewarm %s was asked for, %ld is in force", allocator->prewarm,
                            (long)proof->prewarm);
    return NULL;
}
