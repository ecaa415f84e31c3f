#include "runner/gate/gate_report.h"

#include "runner/base/style.h"
#include "runner/gate/gate_tell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Relative, or "new" where there was nothing. */
static const char *change_text(struct arena *arena, const struct count_result *result)
{
    return result->base > 0
               ? arena_printf(arena, "%+.2f %%", 100 * (result->head - result->base) / result->base)
               : "new";
}

static void print_counts(struct arena *arena, const struct gate *gate,
                         const struct gate_counts *counts)
{
    const bool colour = style_is_wanted(stdout);
    int changed = 0, all = 0;
    if (gate->uncounted != NULL) {
        printf("\nnothing was counted: %s\n", gate->uncounted);
        return;
    }
    for (int i = 0; i < counts->count; i++)
        for (int m = 0; m < COUNT_METRICS; m++) {
            const struct count_result *result = &counts->at[i].results[m];
            all++;
            if (result->verdict == COUNT_SAME)
                continue;
            if (changed++ == 0)
                puts("");
            printf("%-12s %-13s %s%-5s%s %9s  %.0f -> %.0f (bound %.0f, spread %.0f)\n",
                   counts->at[i].workload, count_metric_name(m),
                   style_on(colour, result->verdict == COUNT_MORE ? STYLE_BAD : STYLE_BOLD),
                   count_verdict_name(result->verdict), style_off(colour),
                   change_text(arena, result), result->base, result->head, result->bound,
                   result->spread);
        }
    if (all > 0)
        printf(
            "%s%d of %d counts changed (instructions, soft faults, system calls, bytes mapped)\n",
            changed == 0 ? "\n" : "", changed, all);
}

/* The lines of a plant in a row: "slowdown=5%   ws8192 19/20   cfrac 20/20". */
static void print_detections(struct arena *arena, const struct ledger *ledger)
{
    const bool colour = style_is_wanted(stdout);
    const char *plant = NULL;
    for (int i = 0; i < ledger->count; i++) {
        const struct ledger_line *line = &ledger->at[i];
        if (line->plant == NULL)
            continue;
        if (plant == NULL)
            printf("%splanted, and called regressed%s", style_on(colour, STYLE_DIM),
                   style_off(colour));
        if (plant == NULL || strcmp(plant, line->plant) != 0)
            printf("\n  %-14s", line->plant);
        plant = line->plant;
        printf("  %s",
               arena_printf(arena, "%s %d/%d", line->workload, line->regressed, line->cells));
    }
    puts(plant == NULL ? "planted: nothing yet (make gate-proof)" : "");
}

void gate_report_ledger(struct arena *arena, const struct ledger *ledger, enum catalog_mode size)
{
    printf("\nledger of this kind of machine, rows of size %s\n", catalog_mode_name(size));
    if (ledger->null_cells == 0)
        puts("A/A: none yet (make gate-proof)");
    else
        printf("A/A: %d false alarms in %d cells: at most %.1f %% a cell, by 95 %%; "
               "%d of %d gates\n",
               ledger->null_alarms, ledger->null_cells,
               100 * ledger_bound(ledger->null_alarms, ledger->null_cells), ledger->alarmed_gates,
               ledger->null_gates);
    if (ledger->null_counts > 0)
        printf("A/A counts: %d false alarms in %d gates: at most %.1f %%, by 95 %%\n",
               ledger->counts_alarms, ledger->null_counts,
               100 * ledger_bound(ledger->counts_alarms, ledger->null_counts));
    print_detections(arena, ledger);
}

json_t *gate_report_ledger_json(const struct ledger *ledger)
{
    json_t *array = json_array();
    for (int i = 0; i < ledger->count; i++) {
        const struct ledger_line *line = &ledger->at[i];
        if (line->plant != NULL)
            json_array_append_new(array, json_pack("{s:s, s:s, s:i, s:i}", "plant", line->plant,
                                                   "workload", line->workload, "cells", line->cells,
                                                   "detected", line->regressed));
    }
    return json_pack("{s:i, s:i, s:f, s:i, s:i, s:o}", "null_cells", ledger->null_cells,
                     "false_alarms", ledger->null_alarms, "bound",
                     ledger_bound(ledger->null_alarms, ledger->null_cells), "null_gates",
                     ledger->null_gates, "alarmed_gates", ledger->alarmed_gates, "planted", array);
}

static json_t *counts_json(const struct gate_counts *counts)
{
    json_t *array = json_array();
    for (int i = 0; i < counts->count; i++)
        for (int m = 0; m < COUNT_METRICS; m++) {
            const struct count_result *result = &counts->at[i].results[m];
            json_array_append_new(
                array, json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "workload",
                                 counts->at[i].workload, "metric", count_metric_name(m), "verdict",
                                 count_verdict_name(result->verdict), "base", result->base, "head",
                                 result->head, "spread", result->spread, "bound", result->bound));
        }
    return array;
}

static void print_json(const struct gate *gate, const struct gate_counts *counts,
                       const struct ledger *ledger, enum exit_code code)
{
    const struct session *session = &gate->campaign.session;
    json_t *object = json_pack("{s:s, s:I, s:s, s:I, s:s, s:s, s:s, s:i}", "command", "gate",
                               "session", (json_int_t)session->id, "database",
                               store_path(gate->campaign.store), "seed", (json_int_t)session->seed,
                               "base", gate->trees[0].commit, "head", gate->trees[1].commit, "size",
                               catalog_mode_name(gate->size), "exit_code", (int)code);
    json_object_set_new(object, "plant",
                        gate->plant.name != NULL ? json_string(gate->plant.name) : json_null());
    json_object_set_new(object, "trouble",
                        gate->trouble != NULL ? json_string(gate->trouble) : json_null());
    json_object_set_new(object, "uncounted",
                        gate->uncounted != NULL ? json_string(gate->uncounted) : json_null());
    json_t *accepted = json_array();
    for (int i = 0; i < gate->accepted_count; i++)
        json_array_append_new(
            accepted, json_pack("{s:s, s:s, s:s}", "commit", gate->accepted[i].commit, "workload",
                                gate->accepted[i].workload, "why", gate->accepted[i].why));
    json_object_set_new(object, "accepted", accepted);
    json_object_set_new(object, "cells",
                        gate->stages == GATE_DETERMINISTIC ? json_array()
                                                           : gate_tell_cells_json(gate));
    json_object_set_new(object, "deterministic", counts_json(counts));
    json_object_set_new(object, "ledger", gate_report_ledger_json(ledger));
    json_print(object);
}

static const char *verdict_text(const struct gate *gate, enum exit_code code)
{
    switch (code) {
    case EXIT_CRASH:
        return gate->trouble;
    case EXIT_REGRESSION:
        return gate->worse_counts > 0 ? "REGRESSION (counts)" : "REGRESSION";
    case EXIT_INCONCLUSIVE:
        return "INCONCLUSIVE: neither a regression nor its absence is shown; `detects` is the "
               "slowdown\nthat such a gate finds nine times in ten";
    default:
        return "PASS";
    }
}

void gate_report(const struct gate *gate, const struct gate_counts *counts,
                 const struct ledger *ledger, enum exit_code code)
{
    struct arena arena = {0};
    const bool colour = style_is_wanted(stdout);
    if (gate->bench->options.json) {
        print_json(gate, counts, ledger, code);
        return;
    }
    printf("base %.12s (%s) · head %.12s (%s)%s%s\n", gate->trees[0].commit, gate->base_ref,
           gate->trees[1].commit, gate->head_ref, gate->plant.name != NULL ? " · planted: " : "",
           gate->plant.name != NULL ? gate->plant.name : "");
    for (int i = 0; i < gate->accepted_count; i++)
        printf("accepted, and not complained of: %.12s on %s: %s\n", gate->accepted[i].commit,
               *gate->accepted[i].workload != '\0' ? gate->accepted[i].workload : "every workload",
               gate->accepted[i].why);
    if (gate->trouble == NULL && gate->stages != GATE_DETERMINISTIC) {
        puts("");
        gate_tell_cells(&arena, gate);
    }
    if (gate->stages != GATE_TIMED && gate->trouble == NULL)
        print_counts(&arena, gate, counts);
    gate_report_ledger(&arena, ledger, gate->size);
    printf("\n%s · session %lld · seed %llu\n", store_path(gate->campaign.store),
           (long long)gate->campaign.session.id, (unsigned long long)gate->campaign.session.seed);
    printf(
        "%s%s%s\n",
        style_on(colour, code == EXIT_PASS || code == EXIT_INCONCLUSIVE ? STYLE_BOLD : STYLE_BAD),
        verdict_text(gate, code), style_off(colour));
    arena_free(&arena);
}
