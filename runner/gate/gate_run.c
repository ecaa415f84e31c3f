#include "runner/gate/gate_run.h"

#include "runner/base/interrupt.h"
#include "runner/gate/gate_accept.h"
#include "runner/gate/gate_build.h"
#include "runner/gate/gate_measure.h"
#include "runner/gate/gate_store.h"
#include "runner/gate/gate_tell.h"
#include "runner/gate/gate_time.h"

static int begin(struct gate *gate, struct problem *problem)
{
    struct campaign *campaign = &gate->campaign;
    campaign_add_facts(gate->bench, campaign);
    if (campaign_begin(gate->bench, campaign, "compare", "gate", problem) != 0)
        return -1;
    /* The commit of a gate's session is the one that it judges, whatever is checked out. */
    return gate_store_begin(gate, problem);
}

static int go_on(struct gate *gate, struct problem *problem)
{
    struct campaign *campaign = &gate->campaign;
    if (store_match_cells(campaign->store, &campaign->session, &campaign->cells, problem) != 0)
        return -1;
    return gate_store_resume(gate, problem);
}

static int end(struct gate *gate, struct problem *problem)
{
    const struct facts none = {0};
    if (gate_store_end(gate, gate_exit_code(gate), problem) != 0)
        return -1;
    return store_end_session(gate->campaign.store, &gate->campaign.session, &none, problem);
}

enum gate_end gate_run(struct gate *gate, const struct strings *names, bool resumes,
                       struct gate_counts *counts, struct problem *problem)
{
    struct strings own = *names;
    gate->worse_counts = -1;
    gate->campaign.measure.cores = &gate->campaign.cores;
    if (resumes && gate_store_names(gate, &own, problem) != 0)
        return GATE_STOPPED;
    if (gate_build(gate, problem) != 0)
        return interrupt_pending() ? GATE_INTERRUPTED : GATE_STOPPED;
    if (gate_choose(gate, &own, problem) != 0 || gate_accept_read(gate, problem) != 0 ||
        (resumes ? go_on(gate, problem) : begin(gate, problem)) != 0)
        return GATE_STOPPED;
    enum gate_end result = gate_audit(gate, problem);
    if (result == GATE_DONE && gate->stages != GATE_TIMED)
        result = gate_count(gate, &own, counts, problem);
    if (result == GATE_DONE && gate->stages != GATE_DETERMINISTIC)
        result = gate_time(gate, problem);
    gate_tell_end(gate);
    if ((result == GATE_DONE || result == GATE_TROUBLE) && end(gate, problem) != 0)
        return GATE_STOPPED;
    return result;
}
