#include "runner/subject/plan.h"

#include "runner/base/random.h"

#include <string.h>

static void shuffle(int *values, int count, struct random *random)
{
    for (int i = count - 1; i > 0; i--) {
        const int j = (int)random_below(random, (uint64_t)i + 1);
        const int value = values[i];
        values[i] = values[j];
        values[j] = value;
    }
}

struct plan plan_complete_blocks(struct arena *arena, const int *cells, int count, int blocks,
                                 uint64_t seed)
{
    struct random random = random_from_seed(seed);
    struct plan plan = {.count = count * blocks};
    plan.at = arena_alloc(arena, (size_t)plan.count * sizeof *plan.at);
    int *order = arena_alloc(arena, (size_t)count * sizeof *order);
    for (int block = 0; block < blocks; block++) {
        memcpy(order, cells, (size_t)count * sizeof *order);
        shuffle(order, count, &random);
        for (int i = 0; i < count; i++) {
            const int position = block * count + i;
            plan.at[position] =
                (struct place){.position = position, .block = block, .cell = order[i]};
        }
    }
    return plan;
}

struct plan plan_paired_blocks(struct arena *arena, int pairs, int blocks, uint64_t seed)
{
    struct random random = random_from_seed(seed);
    struct plan plan = {.count = 4 * pairs * blocks};
    plan.at = arena_alloc(arena, (size_t)plan.count * sizeof *plan.at);
    int position = 0;
    for (int block = 0; block < blocks; block++) {
        for (int pair = 0; pair < pairs; pair++) {
            const int first = (int)random_below(&random, 2); /* 0: ABBA, 1: BAAB */
            const int sides[4] = {first, 1 - first, 1 - first, first};
            for (int i = 0; i < 4; i++, position++)
                plan.at[position] = (struct place){
                    .position = position, .block = block, .cell = 2 * pair + sides[i]};
        }
    }
    return plan;
}

struct plan plan_mirrored_blocks(struct arena *arena, const int *cells, const int *first,
                                 int groups, int blocks, uint64_t seed)
{
    struct random random = random_from_seed(seed);
    const int cell_count = first[groups];
    struct plan plan = {.count = 2 * cell_count * blocks};
    plan.at = arena_alloc(arena, (size_t)plan.count * sizeof *plan.at);
    int *order = arena_alloc(arena, (size_t)groups * sizeof *order);
    int *sides = arena_alloc(arena, (size_t)cell_count * sizeof *sides);
    for (int g = 0; g < groups; g++)
        order[g] = g;
    int position = 0;
    for (int block = 0; block < blocks; block++) {
        shuffle(order, groups, &random);
        for (int g = 0; g < groups; g++) {
            const int start = first[order[g]], count = first[order[g] + 1] - start;
            memcpy(sides, cells + start, (size_t)count * sizeof *sides);
            shuffle(sides, count, &random);
            for (int i = 0; i < 2 * count; i++, position++)
                plan.at[position] =
                    (struct place){.position = position,
                                   .block = block,
                                   .cell = sides[i < count ? i : 2 * count - 1 - i]};
        }
    }
    return plan;
}

struct plan plan_join(struct arena *arena, const struct plan *first, const struct plan *second)
{
    struct plan plan = {.count = first->count + second->count};
    plan.at = arena_alloc(arena, ((size_t)plan.count + 1) * sizeof *plan.at);
    memcpy(plan.at, first->at, (size_t)first->count * sizeof *plan.at);
    const int blocks = first->count > 0 ? first->at[first->count - 1].block + 1 : 0;
    for (int i = 0; i < second->count; i++) {
        struct place place = second->at[i];
        place.position += first->count;
        place.block += blocks;
        plan.at[first->count + i] = place;
    }
    return plan;
}
