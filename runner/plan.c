#include "runner/plan.h"

#include "runner/random.h"

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
