#include "runner/measure/campaign.h"

#include "runner/base/interrupt.h"
#include "runner/base/lock.h"
#include "runner/process/elf.h"
#include "runner/store/store_noise.h"
#include "runner/table/progress.h"

#include <stdio.h>
#include <string.h>

int campaign_open(const struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    if (lock_take(bench->arena, bench->options.wait, problem) != 0)
        return -1;
    interrupt_watch();
    if (host_choose_cores(&campaign->cores, problem) != 0)
        return -1;
    campaign->measure.cores = &campaign->cores;
    return store_open(bench->arena, bench_results_folder(bench), bench_schema(bench),
                      &campaign->store, problem);
}

void campaign_close(struct campaign *campaign)
{
    store_close(campaign->store);
    campaign->store = NULL;
}

int campaign_check_cells(const struct cells *cells, struct problem *problem)
{
    for (int i = 0; i < cells->count; i++)
        if (cells->at[i].allocator.missing == NULL)
            return 0;
    return problem_set(problem, "nothing to measure: %s is missing (%s)",
                       cells->at[0].allocator.name, cells->at[0].allocator.missing);
}

static void add_program_facts(struct arena *arena, struct facts *facts, const struct cell *cell)
{
    const char *program = cell->program;
    struct elf_info info;
    struct problem ignored = {0};
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;
    const char *id = "no ELF file";
    const char *compiler = NULL;
    if (elf_read(arena, program, &info, &ignored) == 0) {
        id = info.build_id != NULL ? info.build_id : "none";
        compiler = info.compiler;
    }
    const char *kind = cell->pass == PASS_LATENCY ? "latency" : "workload";
    facts_add(arena, facts, arena_printf(arena, "build_id.%s.%s", kind, name), id);
    if (compiler != NULL)
        facts_add(arena, facts, "compiler.workloads", compiler);
}

static void add_allocator_facts(struct arena *arena, struct facts *facts,
                                const struct allocator *allocator)
{
    const char *id = allocator->missing != NULL    ? "missing"
                     : allocator->build_id != NULL ? allocator->build_id
                                                   : "none";
    facts_add(arena, facts, arena_printf(arena, "build_id.%s", allocator->name), id);
    struct elf_info info;
    struct problem ignored = {0};
    if (allocator->kind == ALLOCATOR_HAKMEM && allocator->object != NULL &&
        facts_get(facts, "compiler.allocator") == NULL &&
        elf_read(arena, allocator->object, &info, &ignored) == 0 && info.compiler != NULL)
        facts_add(arena, facts, "compiler.allocator", info.compiler);
}

void campaign_add_facts(const struct bench *bench, struct campaign *campaign)
{
    struct arena *arena = bench->arena;
    struct facts *facts = &campaign->facts;
    host_add_facts(arena, facts);
    host_add_environment(arena, facts);
    for (int i = 0; i < campaign->cells.count; i++) {
        add_allocator_facts(arena, facts, &campaign->cells.at[i].allocator);
        add_program_facts(arena, facts, &campaign->cells.at[i]);
    }
    facts_add(arena, facts, "pin.one", host_cores_text(arena, &campaign->cores.one));
    facts_add(arena, facts, "pin.many", host_cores_text(arena, &campaign->cores.many));
    campaign->ticks = host_read_ticks();
    facts_add(arena, facts, "load.start", host_read_load(arena));
    facts_add(arena, facts, "steal.start", arena_printf(arena, "%lld", campaign->ticks.stolen));
}

int campaign_begin(const struct bench *bench, struct campaign *campaign, const char *kind,
                   const char *mode, struct problem *problem)
{
    struct session *session = &campaign->session;
    session->kind = kind;
    session->mode = mode;
    session->started_utc = host_now(bench->arena);
    session->command = bench->command;
    session->commit_id = host_read_commit(bench->arena, bench->root, &session->dirty);
    campaign->total = campaign->plan.count;
    return store_add_session(campaign->store, session, &campaign->facts, &campaign->cells,
                             &campaign->plan, problem);
}

/* Of the processor time that passed. */
static const char *percent(struct arena *arena, long long part, long long total)
{
    const double share = total > 0 && part > 0 ? 100 * (double)part / (double)total : 0;
    return arena_printf(arena, "%.2f", share);
}

/* Readings at the end; a resumed session tells those of its last part. */
static int end(const struct bench *bench, struct campaign *campaign, struct problem *problem)
{
    struct arena *arena = bench->arena;
    struct facts *facts = &campaign->readings;
    const struct host_ticks now = host_read_ticks(), *then = &campaign->ticks;
    const long long total = now.total - then->total;
    struct samples samples;
    facts_add(arena, facts, "load.start", facts_get(&campaign->facts, "load.start"));
    facts_add(arena, facts, "load.end", host_read_load(arena));
    facts_add(arena, facts, "steal.end", arena_printf(arena, "%lld", now.stolen));
    facts_add(arena, facts, "steal.percent", percent(arena, now.stolen - then->stolen, total));
    facts_add(arena, facts, "foreign.percent",
              percent(arena, now.busy - then->busy - (now.own - then->own), total));
    if (store_load_samples(campaign->store, arena, &campaign->session, &campaign->cells, &samples,
                           problem) != 0)
        return -1;
    campaign->noise = noise_of(arena, &campaign->cells, &samples);
    if (store_put_noise(campaign->store, campaign->session.id, &campaign->noise, problem) != 0)
        return -1;
    return store_end_session(campaign->store, &campaign->session, facts, problem);
}

/* Measures and stores the sample of a place. */
static enum campaign_end take_sample(struct arena *arena, struct campaign *campaign,
                                     const struct place *place, struct sample *sample,
                                     struct problem *problem)
{
    const struct cell *cell = &campaign->cells.at[place->cell];
    struct measure_settings settings = campaign->measure;
    if (cell->tells_itself)
        settings.probe = NULL;
    switch (measure_sample(arena, cell, &settings, sample, problem)) {
    case MEASURE_IMPOSSIBLE:
        return CAMPAIGN_STOPPED;
    case MEASURE_INTERRUPTED:
        return CAMPAIGN_INTERRUPTED;
    default:
        break;
    }
    sample->position = place->position;
    sample->cell = place->cell;
    return store_add_sample(campaign->store, &campaign->session, &campaign->cells, sample,
                            problem) == 0
               ? CAMPAIGN_DONE
               : CAMPAIGN_STOPPED;
}

static enum campaign_end run_place(struct arena *arena, struct campaign *campaign,
                                   const struct place *place, struct progress *progress,
                                   struct problem *problem)
{
    struct sample sample;
    const struct campaign_company *company = campaign->company;
    campaign->measure.show_output = campaign->shows_first && progress->at == 0;
    if (campaign->measure.show_output)
        progress_end(progress);
    else
        progress_show(progress, place);
    enum campaign_end end = CAMPAIGN_DONE;
    if (company != NULL)
        end = company->before(company->context, campaign, place, problem);
    if (end != CAMPAIGN_DONE)
        return end;
    end = take_sample(arena, campaign, place, &sample, problem);
    if (company != NULL) {
        const struct sample *taken = end == CAMPAIGN_DONE ? &sample : NULL;
        const enum campaign_end after =
            company->after(company->context, campaign, place, taken, problem);
        end = end == CAMPAIGN_DONE ? after : end;
    }
    if (end != CAMPAIGN_DONE)
        return end;
    progress_count(progress, &sample);
    if (sample.status == SAMPLE_OK || !campaign->stops_at_trouble)
        return CAMPAIGN_DONE;
    campaign->troubled = sample;
    return CAMPAIGN_TROUBLED;
}

enum campaign_end campaign_run(const struct bench *bench, struct campaign *campaign,
                               struct problem *problem)
{
    struct progress progress;
    progress_begin(bench->arena, &progress, &campaign->cells, &campaign->plan, campaign->total);
    enum campaign_end result = CAMPAIGN_DONE;
    for (int i = 0; i < campaign->plan.count && result == CAMPAIGN_DONE; i++) {
        struct arena scratch = {0};
        result = interrupt_pending()
                     ? CAMPAIGN_INTERRUPTED
                     : run_place(&scratch, campaign, &campaign->plan.at[i], &progress, problem);
        if (result == CAMPAIGN_TROUBLED && campaign->troubled.reason != NULL)
            campaign->troubled.reason = arena_copy(bench->arena, campaign->troubled.reason);
        arena_free(&scratch);
    }
    progress_end(&progress);
    if (result == CAMPAIGN_DONE && end(bench, campaign, problem) != 0)
        return CAMPAIGN_STOPPED;
    if (result != CAMPAIGN_DONE)
        fprintf(stderr, "%d of %d samples are stored in %s\n", progress.done, progress.total,
                store_path(campaign->store));
    return result;
}
