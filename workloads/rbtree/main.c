/* rbtree: pointer chasing through nodes whose places the allocator has chosen.
 *
 * A tree (tree.h) is filled with random keys; a random half of them is removed, and as many others
 * are inserted into the holes. So where a new node lies depends on what the allocator does with
 * places that became free in random order. Then come rounds of lookups, one walk through the whole
 * tree, and churn (one key removed, another inserted), which are timed apart as well. */
#include "workloads/probe.h"
#include "workloads/rbtree/tree.h"
#include "workloads/report.h"
#include "workloads/rng.h"

/* The clock is looked at once in so many operations. */
#define OPS_PER_CLOCK 1024
#define CHURN_SHARE   8 /* a round churns one key in so many */

enum stage { STAGE_BUILD, STAGE_LOOKUP, STAGE_WALK, STAGE_CHURN, STAGE_COUNT };

struct lane { /* what one thread owns; padded, for threads must not share its cache lines */
    struct tree tree;
    uint64_t *keys;  /* those in the tree */
    uint32_t *order; /* a shuffle of the indices of keys, made before the measured phase */
    struct rng rng;
    uint64_t next_key; /* counts; mixed, it is a key that no one had before */
    uint64_t stage_ns[STAGE_COUNT];
    uint64_t ops, ops_wanted, allocs, frees, rounds, audit_errors, checksum;
} __attribute__((aligned(128)));

struct rbtree {
    struct options options;
    uint64_t nodes;
    struct lane *lanes;
};

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
    lane->allocs++;
    lane->ops++;
}

static void remove_key(struct lane *lane, uint64_t index)
{
    lane->audit_errors += !tree_remove(&lane->tree, lane->keys[index]);
    lane->frees++;
    lane->ops++;
}

/* Returns how many keys there are: fewer than wanted if time was up. */
static uint64_t build(const struct rbtree *rbtree, struct lane *lane)
{
    uint64_t count = 0, half = rbtree->nodes / 2;
    for (; count < rbtree->nodes && may_go_on(count); count++) {
        insert_key(lane, count);
    }
    if (count < rbtree->nodes) {
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
    return rng_scale((uint32_t)rng_next(&lane->rng), count);
}

static void look_up(struct lane *lane, uint64_t count)
{
    uint64_t times = count / 2 + 1, sum = 0;
    for (uint64_t i = 0; i < times && may_go_on(i); i++) {
        const struct node *node = tree_find(&lane->tree, lane->keys[draw_index(lane, count)]);
        lane->audit_errors += !node || node->value != tree_value(node->key);
        sum += node ? node->value : 0;
        lane->ops++;
    }
    lane->checksum = rng_mix(lane->checksum ^ sum);
}

static void walk(struct lane *lane)
{
    uint64_t steps = 0, sum = 0;
    const struct node *node = tree_first(&lane->tree);
    for (; node && steps <= lane->tree.count && may_go_on(steps);
         node = tree_next(&lane->tree, node)) {
        sum += node->value * ++steps;
    }
    lane->ops += steps;
    lane->checksum = rng_mix(lane->checksum ^ sum);
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

static void finish_stage(const struct rbtree *rbtree, struct lane *lane, enum stage stage,
                         uint64_t *before_ns)
{
    uint64_t now_ns = probe_clock_ns();
    lane->stage_ns[stage] += now_ns - *before_ns;
    if (rbtree->options.audit) {
        lane->audit_errors += tree_errors(&lane->tree);
        now_ns = probe_clock_ns();
    }
    *before_ns = now_ns;
}

static void run(void *context, unsigned index)
{
    const struct rbtree *rbtree = context;
    struct lane *lane = &rbtree->lanes[index];
    uint64_t before_ns = probe_clock_ns();
    bool by_time = rbtree->options.duration_ns > 0;
    uint64_t count = build(rbtree, lane);
    finish_stage(rbtree, lane, STAGE_BUILD, &before_ns);
    do {
        look_up(lane, count);
        finish_stage(rbtree, lane, STAGE_LOOKUP, &before_ns);
        walk(lane);
        finish_stage(rbtree, lane, STAGE_WALK, &before_ns);
        churn(lane, count);
        finish_stage(rbtree, lane, STAGE_CHURN, &before_ns);
        lane->rounds++;
        /* A damaged tree may not be walked on through. */
    } while (lane->audit_errors == 0 &&
             (by_time ? !probe_time_is_up() : lane->ops < lane->ops_wanted));
}

static void clean(void *context, unsigned index)
{
    const struct rbtree *rbtree = context;
    struct lane *lane = &rbtree->lanes[index];
    lane->frees += lane->tree.count;
    lane->audit_errors += tree_drop(&lane->tree);
    lane->audit_errors += lane->tree.count != 0 || lane->allocs != lane->frees;
}

static void make_lanes(struct rbtree *rbtree)
{
    uint64_t threads = rbtree->options.threads;
    rbtree->lanes = probe_memory(threads * sizeof *rbtree->lanes);
    for (uint64_t i = 0; i < threads; i++) {
        struct lane *lane = &rbtree->lanes[i];
        tree_start(&lane->tree);
        lane->keys = probe_memory(rbtree->nodes * sizeof *lane->keys);
        lane->order = probe_memory(rbtree->nodes * sizeof *lane->order);
        lane->rng = rng_start(rbtree->options.seed, i);
        lane->next_key = rng_next(&lane->rng);
        lane->ops_wanted = options_share_of_ops(&rbtree->options, i);
        for (uint64_t k = 0; k < rbtree->nodes; k++) {
            uint64_t other = draw_index(lane, k + 1);
            lane->order[k] = lane->order[other];
            lane->order[other] = (uint32_t)k;
        }
    }
}

static int measure(struct rbtree *rbtree)
{
    static const char *const names[] = {"build_ns", "lookup_ns", "walk_ns", "churn_ns"};
    make_lanes(rbtree);
    struct probe_job job = {.run = run,
                            .clean = clean,
                            .context = rbtree,
                            .threads = (unsigned)rbtree->options.threads};
    struct report report = {.options = &rbtree->options};
    report.reading = probe_measure(&rbtree->options, &job);
    struct report_item params[] = {{.name = "nodes", .number = rbtree->nodes}};
    struct report_item result[1 + STAGE_COUNT] = {{.name = "rounds"}};
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        result[1 + stage].name = names[stage];
    }
    for (uint64_t i = 0; i < rbtree->options.threads; i++) {
        const struct lane *lane = &rbtree->lanes[i];
        report.ops += lane->ops;
        report.allocs += lane->allocs;
        report.frees += lane->frees;
        report.audit_errors += lane->audit_errors;
        report.checksum += rng_mix(lane->checksum + i);
        result[0].number += lane->rounds;
        for (int stage = 0; stage < STAGE_COUNT; stage++) {
            result[1 + stage].number += lane->stage_ns[stage];
        }
    }
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

int main(int argc, char **argv)
{
    static struct rbtree rbtree = {
        .options = {.program = "rbtree",
                    .about = "A red-black tree with shuffled nodes: insertions, removals, lookups "
                             "and walks.",
                    .ops_help = "repeat rounds until so many tree operations (one if absent)",
                    .threads = 1,
                    .seed = 1},
        .nodes = 300000};
    const struct option own[] = {
        {"--nodes", OPTION_NUMBER, &rbtree.nodes, 2, UINT64_C(1) << 28, "N",
         "nodes of each thread's tree"},
    };
    options_parse(&rbtree.options, own, sizeof own / sizeof *own, argc, argv);
    return measure(&rbtree);
}
