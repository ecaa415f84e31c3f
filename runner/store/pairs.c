#include "runner/store/pairs.h"

#include <math.h>

/* Sums of one block, per side. */
struct block {
    double log[2];
    int samples[2];
};

static const struct sample *find_sample(const struct samples *samples, int position)
{
    for (int i = 0; i < samples->count; i++)
        if (samples->at[i].position == position)
            return &samples->at[i];
    return NULL;
}

double pairs_log_time(const struct sample *sample)
{
    return log((double)sample->elapsed_ns / (double)sample->ops);
}

bool pairs_differences_of(struct arena *arena, const struct plan *plan,
                          const struct samples *samples, int a, int blocks, pairs_log *log_of,
                          double *differences)
{
    struct block *sums = arena_alloc(arena, (size_t)blocks * sizeof *sums);
    for (int i = 0; i < plan->count; i++) {
        const struct place *place = &plan->at[i];
        const int side = place->cell - a;
        if (side != 0 && side != 1)
            continue;
        const struct sample *sample = find_sample(samples, place->position);
        if (sample == NULL || sample->status != SAMPLE_OK || place->block >= blocks)
            return false;
        struct block *block = &sums[place->block];
        block->log[side] += log_of(sample);
        block->samples[side]++;
    }
    for (int i = 0; i < blocks; i++) {
        if (sums[i].samples[0] == 0 || sums[i].samples[1] == 0)
            return false;
        differences[i] = sums[i].log[1] / sums[i].samples[1] - sums[i].log[0] / sums[i].samples[0];
    }
    return true;
}

bool pairs_differences(struct arena *arena, const struct plan *plan, const struct samples *samples,
                       int a, int blocks, double *differences)
{
    return pairs_differences_of(arena, plan, samples, a, blocks, pairs_log_time, differences);
}

bool pairs_compare(const double *differences, int blocks, struct pairs_result *result)
{
    struct interval logs;
    if (!stats_hodges_lehmann(differences, blocks, 0.95, &logs))
        return false;
    *result = (struct pairs_result){
        .ratio = {.estimate = exp(logs.estimate),
                  .low = exp(logs.low),
                  .high = exp(logs.high),
                  .coverage = logs.coverage},
        .blocks = blocks,
    };
    return true;
}
