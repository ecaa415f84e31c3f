#include "workloads/churn/lane.h"

#include "workloads/block.h"

#define STEPS_PER_CLOCK 1024

struct churn churn = {.arrays = 8, .length = 1024, .steps = 20000};

struct slot { /* an array and the length that it is on its way to */
    struct array array;
    uint64_t target;
};

/* One step in four changes an object; the others take an array nearer to its length. */
static void step(struct lane *lane)
{
    struct churner *churner = &lane->churner;
    uint64_t bits = rng_next(&churner->base.rng);
    struct slot *slot = &lane->slots[rng_scale((uint32_t)bits, churn.arrays)];
    struct array *array = &slot->array;
    if (array->count == slot->target) {
        slot->target = block_draw_size(&churner->base.rng, LANE_LENGTH_MIN, churn.length);
    }
    if (bits >> 62 == 0 && array->count > 0) {
        array_mutate(array, churner);
    } else if (array->count < slot->target) {
        array_append(array, churner);
    } else if (array->count > slot->target) {
        array_remove(array, churner);
    }
}

/* One thread's life. Its result is each time another one of the arrays. */
static bool leg(void *context)
{
    struct lane *lane = context;
    struct frame_lane *base = &lane->churner.base;
    uint64_t result = lane->relay.legs % churn.arrays;
    bool more = frame_goes_on(base, base->ops);
    for (uint64_t i = 0; i < churn.arrays; i++) {
        array_start(&lane->slots[i].array);
        lane->slots[i].target = 0;
    }
    for (uint64_t i = 0; i < churn.steps && more; i++) {
        step(lane);
        more = frame_count_op(base, STEPS_PER_CLOCK);
    }
    array_drop(&lane->left, &lane->churner);
    for (uint64_t i = 0; i < churn.arrays; i++) {
        if (i != result) {
            array_drop(&lane->slots[i].array, &lane->churner);
        }
    }
    lane->left = lane->slots[result].array;
    return more;
}

void lane_start(void *context)
{
    struct lane *lane = context;
    lane->slots = probe_memory(churn.arrays * sizeof *lane->slots);
    lane->churner.next_tag = (uint64_t)lane->churner.base.index << 40;
    lane->relay.leg = leg;
    lane->relay.context = lane;
    array_start(&lane->left);
}

void lane_run(void *context)
{
    struct lane *lane = context;
    relay_run(&lane->relay);
}

void lane_clean(void *context)
{
    struct lane *lane = context;
    array_drop(&lane->left, &lane->churner);
    lane->churner.base.checksum += lane->churner.base.rng.state;
}
