#include "runner/measure/duel.h"

#include "runner/store/select.h"

#include <string.h>

static int choose_cells(const struct bench *bench, struct duel *duel, struct problem *problem)
{
    /* select_cells takes each allocator once; a side against itself is a cell twice. */
    const struct allocators sides = {.at = duel->sides, .count = 2};
    static const char *const names[] = {"A", "B"};
    if (select_cells(bench, &sides, &duel->rows, duel->row_mode, &duel->cells, problem) != 0)
        return -1;
    if (duel->timed_blocks > 0 &&
        select_add_latency(bench, &sides, &duel->rows, duel->row_mode, &duel->cells, problem) != 0)
        return -1;
    for (int i = 0; i < duel->cells.count; i++)
        duel->cells.at[i].side = names[i % 2];
    return 0;
}

static struct plan make_plan(struct arena *arena, const struct duel *duel)
{
    const int untimed = 2 * duel->rows.count;
    const struct plan paired =
        plan_paired_blocks(arena, duel->rows.count, duel->blocks, duel->seed);
    if (duel->timed_blocks == 0)
        return paired;
    int *timed = arena_alloc(arena, (size_t)untimed * sizeof *timed);
    for (int i = 0; i < untimed; i++)
        timed[i] = untimed + i;
    const struct plan complete =
        plan_complete_blocks(arena, timed, untimed, duel->timed_blocks, duel->seed + 1);
    return plan_join(arena, &paired, &complete);
}

enum campaign_end duel_run(const struct bench *bench, const struct campaign *open,
                           struct duel *duel, struct problem *problem)
{
    struct campaign campaign = *open;
    if (choose_cells(bench, duel, problem) != 0)
        return CAMPAIGN_STOPPED;
    campaign.cells = duel->cells;
    campaign.facts = duel->facts;
    campaign_add_facts(bench, &campaign);
    campaign.session = (struct session){.seed = duel->seed};
    campaign.plan = make_plan(bench->arena, duel);
    if (campaign_begin(bench, &campaign, "compare", duel->mode, problem) != 0)
        return CAMPAIGN_STOPPED;
    const enum campaign_end end = campaign_run(bench, &campaign, problem);
    duel->session = campaign.session;
    duel->cells = campaign.cells;
    duel->plan = campaign.plan;
    if (end == CAMPAIGN_DONE &&
        (store_load_samples(open->store, bench->arena, &duel->session, &duel->cells, &duel->samples,
                            problem) != 0 ||
         store_load_latencies(open->store, bench->arena, &duel->session, &duel->cells,
                              &duel->latencies, problem) != 0))
        return CAMPAIGN_STOPPED;
    return end;
}

const char *duel_trouble(struct arena *arena, const struct duel *duel, int row, int side)
{
    for (int i = 0; i < duel->samples.count; i++) {
        const struct sample *sample = &duel->samples.at[i];
        if (sample->cell % (2 * duel->rows.count) == 2 * row + side && sample->status != SAMPLE_OK)
            return arena_printf(arena, "%s: %s", sample_status_name(sample->status),
                                sample->reason != NULL ? sample->reason : "no reason recorded");
    }
    return NULL;
}

bool duel_p999(const struct duel *duel, int row, int side, double *values)
{
    const int cell = 2 * (duel->rows.count + row) + side;
    int found = 0;
    for (int i = 0; i < duel->latencies.count && found < duel->timed_blocks; i++) {
        const struct latency_result *result = &duel->latencies.at[i];
        if (result->cell == cell && strcmp(result->latency.operation, "malloc") == 0)
            values[found++] = result->latency.p999_ns;
    }
    return found == duel->timed_blocks && found > 0;
}
