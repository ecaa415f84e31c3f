#include "runner/gate/gate_measure.h"

#include "runner/base/interrupt.h"
#include "runner/gate/gate_store.h"
#include "runner/gate/gate_tell.h"

enum gate_end gate_sample(struct gate *gate, struct arena *arena, int cell,
                          const struct allocator *allocator, struct sample *sample,
                          struct problem *problem)
{
    struct campaign *campaign = &gate->campaign;
    struct cell own = campaign->cells.at[cell];
    own.allocator = *allocator;
    switch (measure_sample(arena, &own, &campaign->measure, sample, problem)) {
    case MEASURE_IMPOSSIBLE:
        return GATE_STOPPED;
    case MEASURE_INTERRUPTED:
        return GATE_INTERRUPTED;
    default:
        break;
    }
    sample->position = gate->next_position++;
    sample->cell = cell;
    /* Thousands a night: what a gate asks of a timed process that went well has columns. */
    const bool is_timed = cell < 2 * gate->cell_count;
    if (is_timed && sample->status == SAMPLE_OK)
        sample->output = NULL;
    if (store_add_sample(campaign->store, &campaign->session, &campaign->cells, sample, problem) !=
        0)
        return GATE_STOPPED;
    const char *trouble = gate_trouble(arena, &own, sample);
    if (trouble != NULL) {
        gate->trouble = arena_copy(gate->bench->arena, trouble);
        return GATE_TROUBLE;
    }
    if (sample->status != SAMPLE_OK) {
        problem_set(problem, "%s on %s: %s", own.allocator.name, own.workload, sample->reason);
        return GATE_STOPPED;
    }
    return GATE_DONE;
}

enum gate_end gate_audit(struct gate *gate, struct problem *problem)
{
    struct arena arena = {0};
    struct allocator sides[2];
    enum gate_end end = GATE_DONE;
    gate_tell_step(gate, "corruption gate: every row on both sides, every block verified");
    for (int side = 0; side < 2 && end == GATE_DONE; side++)
        if (gate_link(gate, &arena, side, false, 0, 0, &sides[side], problem) != 0)
            end = interrupt_pending() ? GATE_INTERRUPTED : GATE_STOPPED;
    const int first = 2 * gate->cell_count;
    for (int i = first; i < gate->campaign.cells.count && end == GATE_DONE; i++) {
        struct sample sample;
        end = interrupt_pending() ? GATE_INTERRUPTED
              : gate_store_places(gate, 0, (int[]){i}, 1, problem) != 0
                  ? GATE_STOPPED
                  : gate_sample(gate, &arena, i, &sides[(i - first) % 2], &sample, problem);
    }
    arena_free(&arena);
    return end;
}
