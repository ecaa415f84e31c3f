#include "workloads/rbtree/lane.h"

/* The clock is looked at once in so many operations. */
#define OPS_PER_CLOCK 1024
#define CHURN_SHARE   8 /* a round churns one key in so many */

uint64_t lane_nodes = 300000;

static bool may_go_on(uint64_t i)
{
    if (i % OPS_PER_CLOCK != 0) {
        return true;
    }
    probe_progress(i > 0 ? OPS_PER_CLOCK : 0);
    return !probe_time_is_up();
}

static void insert_key(struct lane *lane, uint64_t index)
{
    lane->keys[index] = rng_mix(lane->next_key++);
    tree_insert(&lane->tree, lane->keys[index]);
    lane->base.allocs++;
    lane->base.ops++;
}

static void remove_key(struct lane *lane, uint64_t index)
{
    lane->base.audit_errors += !tree_remove(&lane->tree, lane->keys[index]);
    lane->base.frees++;
    lane->base.ops++;
}

/* Returns how many keys there are: fewer than wanted if time was up. */
static uint64_t build(struct lane *lane)
{
    uint64_t count = 0, half = lane_nodes / 2;
    for (; count < lane_nodes && may_go_on(count); count++) {
        insert_key(lane, count);
    }
    if (count < lane_nodes) {
        return count;
    }
    for (uint64_t i = 0; i < half; i++) {
        remove_key(lane, lane->order[i]);
    }
    for (uint64_t i = 0; i < half; i++) {
        insert_key(lane, lane->order[i]);
    }
    return count;
}

static uint64_t draw_index(struct lane *lane, uint64_t count)
{
    return rng_scale((uint32_t)rng_next(&lane->base.rng), count);
}

static void look_up(struct lane *lane, uint64_t count)
{
    uint64_t times = count / 2 + 1, sum = 0;
    for (uint64_t i = 0; i < times && may_go_on(i); i++) {
        const struct node *node = tree_find(&lane->tree, lane->keys[draw_index(lane, count)]);
        lane->base.audit_errors += !node || node->value != tree_value(node->key);
        sum += node ? node->value : 0;
        lane->base.ops++;
    }
    lane->base.checksum = rng_mix(lane->base.checksum ^ sum);
}

static void walk(struct lane *lane)
{
    uint64_t steps = 0, sum = 0;
    const struct node *node = tree_first(&lane->tree);
    for (; node && steps <= lane->tree.count && may_go_on(steps);
         node = tree_next(&lane->tree, node)) {
        sum += node->value * ++steps;
    }
    lane->base.ops += steps;
    lane->base.checksum = rng_mix(lane->base.checksum ^ sum);
}

static void churn(struct lane *lane, uint64_t count)
{
    uint64_t times = count / CHURN_SHARE + 1;
    for (uint64_t i = 0; i < times && may_go_on(i); i++) {
        uint64_t index = draw_index(lane, count);
        remove_key(lane, index);
        insert_key(lane, index);
    }
}

static void finish_stage(struct lane *lane, enum stage stage, uint64_t *before_ns)
{
    uint64_t now_ns = probe_clock_ns();
    lane->stage_ns[stage] += now_ns - *before_ns;
    if (lane->base.audit) {
        lane->base.audit_errors += tree_errors(&lane->tree);
        now_ns = probe_clock_ns();
    }
    *before_ns = now_ns;
}

void lane_start(void *context)
{
    struct lane *lane = context;
    tree_start(&lane->tree);
    lane->keys = probe_memory(lane_nodes * sizeof *lane->keys);
    lane->order = probe_memory(lane_nodes * sizeof *lane->order);
    lane->next_key = rng_next(&lane->base.rng);
    for (uint64_t i = 0; i < lane_nodes; i++) {
        uint64_t other = draw_index(lane, i + 1);
        lane->order[i] = lane->order[other];
        lane->order[other] = (uint32_t)i;
    }
}

void lane_run(void *context)
{
    struct lane *lane = context;
    uint64_t before_ns = probe_clock_ns();
    uint64_t count = build(lane);
    finish_stage(lane, STAGE_BUILD, &before_ns);
    do {
        look_up(lane, count);
        finish_stage(lane, STAGE_LOOKUP, &before_ns);
        walk(lane);
        finish_stage(lane, STAGE_WALK, &before_ns);
        churn(lane, count);
        finish_stage(lane, STAGE_CHURN, &before_ns);
        lane->rounds++;
        /* A damaged tree may not be walked on through. */
    } while (lane->base.audit_errors == 0 && frame_goes_on(&lane->base, lane->base.ops));
}

void lane_clean(void *context)
{
    struct lane *lane = context;
    lane->base.frees += lane->tree.count;
    lane->base.audit_errors += tree_drop(&lane->tree);
    lane->base.audit_errors += lane->tree.count != 0;
}
