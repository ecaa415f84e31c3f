#include "runner/subject/passes.h"

#include <string.h>

struct allocators passes_choose_timed(struct arena *arena, const struct allocators *all,
                                      const char *stored, bool is_standard)
{
    struct strings names = {0};
    struct allocators timed = {.at =
                                   arena_alloc(arena, ((size_t)all->count + 1) * sizeof *timed.at)};
    if (stored != NULL)
        strings_split(arena, &names, stored, " ");
    for (int i = 0; i < all->count; i++) {
        const struct allocator *allocator = &all->at[i];
        const bool is_usual =
            allocator->kind != ALLOCATOR_HAKMEM || strcmp(allocator->name, "hakmem") == 0;
        if (stored != NULL ? strings_hold(&names, allocator->name) : !is_standard || is_usual)
            timed.at[timed.count++] = *allocator;
    }
    return timed;
}

const char *passes_names(struct arena *arena, const struct allocators *allocators)
{
    struct strings names = {0};
    for (int i = 0; i < allocators->count; i++)
        strings_add(arena, &names, allocators->at[i].name);
    return strings_join(arena, &names, " ");
}

struct plan passes_plan(struct arena *arena, const struct cells *cells, const struct passes *passes,
                        uint64_t seed)
{
    const size_t room = (size_t)cells->count + 1;
    int *measured[PASSES], counts[PASSES] = {0};
    int *first = arena_alloc(arena, room * sizeof *first);
    int groups = 0;
    const char *row = NULL;
    for (int p = 0; p < PASSES; p++)
        measured[p] = arena_alloc(arena, room * sizeof **measured);
    for (int i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->at[i];
        if (cell->allocator.missing != NULL)
            continue;
        if (cell->pass == PASS_THROUGHPUT && cell->workload != row) {
            row = cell->workload;
            first[groups++] = counts[PASS_THROUGHPUT];
        }
        measured[cell->pass][counts[cell->pass]++] = i;
    }
    first[groups] = counts[PASS_THROUGHPUT];
    const struct plan throughput =
        passes->is_mirrored
            ? plan_mirrored_blocks(arena, measured[PASS_THROUGHPUT], first, groups,
                                   passes->repeats[PASS_THROUGHPUT], seed)
            : plan_complete_blocks(arena, measured[PASS_THROUGHPUT], counts[PASS_THROUGHPUT],
                                   passes->repeats[PASS_THROUGHPUT], seed);
    const struct plan latency =
        plan_complete_blocks(arena, measured[PASS_LATENCY], counts[PASS_LATENCY],
                             passes->repeats[PASS_LATENCY], seed + 1);
    return plan_join(arena, &throughput, &latency);
}
