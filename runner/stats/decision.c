#include "runner/stats/decision.h"

#include <math.h>

const struct decision_look decision_looks[DECISION_LOOKS] = {
    {12, 0.2, 78}, {24, 0.3, 262}, {48, 0.5, 896}};

static const char *const verdict_names[] = {"open", "regressed", "proven", "inconclusive"};

const char *decision_verdict_name(enum decision_verdict verdict)
{
    return verdict_names[verdict];
}

double decision_share(double log_ratio)
{
    return expm1(log_ratio);
}

static int most_of(int blocks)
{
    return blocks * (blocks + 1) / 2;
}

static void look_at(const double *differences, const struct decision_look *look, int number,
                    double delta, struct decision *decision)
{
    const int below = most_of(look->blocks) - look->critical;
    struct interval shift;
    if (!stats_walsh_interval(differences, look->blocks, below, &shift))
        return;
    const int statistic = stats_signed_rank_statistic(differences, look->blocks);
    *decision = (struct decision){
        .look = number,
        .blocks = look->blocks,
        .statistic = statistic,
        .p = stats_signed_rank_cdf(look->blocks, most_of(look->blocks) - statistic),
        .shift = shift,
    };
    if (shift.low > 0 && shift.estimate >= log1p(delta))
        decision->verdict = DECISION_REGRESSED;
    else if (shift.high < log1p(delta))
        decision->verdict = DECISION_PROVEN;
}

struct decision decision_make(const double *differences, int count, int most, double delta)
{
    struct decision decision = {.blocks = count, .p = 1};
    decision.shift = (struct interval){.low = -INFINITY, .high = INFINITY};
    if (count > 0 && count < decision_looks[0].blocks)
        decision.shift.estimate = stats_median(differences, (size_t)count);
    for (int i = 0; i < DECISION_LOOKS && decision.verdict == DECISION_OPEN; i++)
        if (decision_looks[i].blocks <= count && decision_looks[i].blocks <= most)
            look_at(differences, &decision_looks[i], i + 1, delta, &decision);
    if (decision.verdict == DECISION_OPEN && count >= most)
        decision.verdict = DECISION_INCONCLUSIVE;
    return decision;
}
