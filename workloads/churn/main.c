/* churn: short-lived threads that build, change and drop structures of mixed objects.
 *
 * A thread owns some growing and shrinking arrays (array.h). One operation, a step, adds an object
 * to an array, takes one out, or changes one, so that each array follows a length that is drawn
 * anew whenever it is reached. After so many steps the thread drops all arrays but one, its
 * result, which its successor (relay.h) keeps until its own end, and ends. */
#include "workloads/block.h"
#include "workloads/churn/array.h"
#include "workloads/probe.h"
#include "workloads/relay.h"
#include "workloads/report.h"
#include "workloads/rng.h"

#define OPS_DEFAULT     UINT64_C(9000000)
#define LENGTH_MIN      8
#define STEPS_PER_CLOCK 1024

struct churn;

struct slot { /* an array and the length that it is on its way to */
    struct array array;
    uint64_t target;
};

struct lane { /* what passes from thread to thread; padded, for lanes share no cache line */
    const struct churn *churn;
    struct slot *slots;
    struct array left; /* by the thread before */
    struct churner churner;
    struct relay relay;
    uint64_t ops_wanted, ops;
} __attribute__((aligned(128)));

struct churn {
    struct options options;
    uint64_t arrays, length, steps;
    struct lane *lanes;
};

/* One step in four changes an object; the others take an array nearer to its length. */
static void step(const struct churn *churn, struct lane *lane)
{
    struct churner *churner = &lane->churner;
    uint64_t bits = rng_next(&churner->rng);
    struct slot *slot = &lane->slots[rng_scale((uint32_t)bits, churn->arrays)];
    struct array *array = &slot->array;
    if (array->count == slot->target) {
        slot->target = block_draw_size(&churner->rng, LENGTH_MIN, churn->length);
    }
    if (bits >> 62 == 0 && array->count > 0) {
        array_mutate(array, churner);
    } else if (array->count < slot->target) {
        array_append(array, churner);
    } else if (array->count > slot->target) {
        array_remove(array, churner);
    }
}

static bool is_over(const struct churn *churn, const struct lane *lane)
{
    if (churn->options.duration_ns > 0) {
        return lane->ops % STEPS_PER_CLOCK == 0 && probe_time_is_up();
    }
    return lane->ops >= lane->ops_wanted;
}

/* One thread's life. Its result is each time another one of the arrays. */
static bool leg(void *context)
{
    struct lane *lane = context;
    const struct churn *churn = lane->churn;
    uint64_t result = lane->relay.legs % churn->arrays;
    bool over = is_over(churn, lane);
    for (uint64_t i = 0; i < churn->arrays; i++) {
        array_start(&lane->slots[i].array);
        lane->slots[i].target = 0;
    }
    for (uint64_t i = 0; i < churn->steps && !over; i++) {
        step(churn, lane);
        lane->ops++;
        if (lane->ops % STEPS_PER_CLOCK == 0) {
            probe_progress(STEPS_PER_CLOCK);
        }
        over = is_over(churn, lane);
    }
    array_drop(&lane->left, &lane->churner);
    for (uint64_t i = 0; i < churn->arrays; i++) {
        if (i != result) {
            array_drop(&lane->slots[i].array, &lane->churner);
        }
    }
    lane->left = lane->slots[result].array;
    return !over;
}

static void run(void *context, unsigned index)
{
    const struct churn *churn = context;
    relay_run(&churn->lanes[index].relay);
}

static void clean(void *context, unsigned index)
{
    const struct churn *churn = context;
    struct lane *lane = &churn->lanes[index];
    struct churner *churner = &lane->churner;
    array_drop(&lane->left, churner);
    churner->audit_errors += churner->allocs != churner->frees;
}

static void make_lanes(struct churn *churn)
{
    uint64_t threads = churn->options.threads;
    churn->lanes = probe_memory(threads * sizeof *churn->lanes);
    for (uint64_t i = 0; i < threads; i++) {
        struct lane *lane = &churn->lanes[i];
        lane->churn = churn;
        lane->slots = probe_memory(churn->arrays * sizeof *lane->slots);
        lane->churner.audit = churn->options.audit;
        lane->churner.rng = rng_start(churn->options.seed, i);
        lane->churner.next_tag = i << 40;
        lane->ops_wanted = options_share_of_ops(&churn->options, i);
        lane->relay.leg = leg;
        lane->relay.context = lane;
        array_start(&lane->left);
    }
}

static int measure(struct churn *churn)
{
    make_lanes(churn);
    struct probe_job job = {
        .run = run, .clean = clean, .context = churn, .threads = (unsigned)churn->options.threads};
    struct report report = {.options = &churn->options};
    report.reading = probe_measure(&churn->options, &job);
    uint64_t threads_made = 0, reallocs = 0;
    for (uint64_t i = 0; i < churn->options.threads; i++) {
        const struct lane *lane = &churn->lanes[i];
        report.ops += lane->ops;
        report.allocs += lane->churner.allocs;
        report.frees += lane->churner.frees;
        report.audit_errors += lane->churner.audit_errors;
        report.checksum += rng_mix(lane->churner.checksum + lane->churner.rng.state + i);
        threads_made += lane->relay.legs;
        reallocs += lane->churner.reallocs;
    }
    struct report_item params[] = {{.name = "arrays", .number = churn->arrays},
                                   {.name = "length", .number = churn->length},
                                   {.name = "steps", .number = churn->steps}};
    struct report_item result[] = {{.name = "threads_made", .number = threads_made},
                                   {.name = "reallocs", .number = reallocs}};
    report.params = params;
    report.param_count = sizeof params / sizeof *params;
    report.result = result;
    report.result_count = sizeof result / sizeof *result;
    return report_print(&report);
}

int main(int argc, char **argv)
{
    static struct churn churn = {
        .options = {.program = "churn",
                    .about = "Short-lived threads build, change and drop arrays of records, "
                             "strings and lists.",
                    .ops_help = "steps (one object added, removed or changed), all threads",
                    .ops = OPS_DEFAULT,
                    .threads = 2,
                    .seed = 1},
        .arrays = 8,
        .length = 1024,
        .steps = 20000};
    const struct option own[] = {
        {"--arrays", OPTION_NUMBER, &churn.arrays, 1, UINT64_C(1) << 20, "N",
         "arrays of each thread"},
        {"--length", OPTION_NUMBER, &churn.length, LENGTH_MIN, UINT64_C(1) << 24, "N",
         "most objects of an array"},
        {"--steps", OPTION_NUMBER, &churn.steps, 1, UINT64_C(1) << 40, "N",
         "steps of a thread's life"},
    };
    options_parse(&churn.options, own, sizeof own / sizeof *own, argc, argv);
    return measure(&churn);
}
