#include "runner/gate/gate_tell.h"

#include "runner/base/style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const verdict_words[] = {"open", "REGRESSED", "PROVEN", "INCONCLUSIVE"};

static bool has_status_line(void)
{
    return isatty(STDERR_FILENO);
}

static void clear_status(void)
{
    if (has_status_line())
        fputs("\r\033[K", stderr);
}

void gate_tell_step(const struct gate *gate, const char *what)
{
    (void)gate;
    clear_status();
    fprintf(stderr, "%s\n", what);
}

void gate_tell_block(const struct gate *gate, const struct gate_cell *cell)
{
    if (!has_status_line())
        return;
    int open = 0;
    for (int i = 0; i < gate->cell_count; i++)
        open += gate->cells[i].decision.verdict == DECISION_OPEN;
    clear_status();
    fprintf(stderr, "%s: block %d; %d of %d cells are open", cell->workload,
            cell->valid + cell->voided + 1, open, gate->cell_count);
    fflush(stderr);
}

void gate_tell_end(const struct gate *gate)
{
    (void)gate;
    clear_status();
}

static const char *percent_text(struct arena *arena, double log_ratio)
{
    const double percent = 100 * decision_share(log_ratio);
    return isfinite(percent) ? arena_printf(arena, "%+.1f", percent) : "?";
}

/* "[-0.8, +1.2]", or a dash before the first look. */
static const char *limits_text(struct arena *arena, const struct decision *decision)
{
    return decision->look > 0
               ? arena_printf(arena, "[%s, %s]", percent_text(arena, decision->shift.low),
                              percent_text(arena, decision->shift.high))
               : "-";
}

void gate_tell_look(const struct gate *gate, const struct gate_cell *cell)
{
    struct arena arena = {0};
    const struct decision *decision = &cell->decision;
    const bool colour = style_is_wanted(stderr);
    const bool is_bad = decision->verdict == DECISION_REGRESSED;
    (void)gate;
    clear_status();
    fprintf(stderr, "%-12s %2d blocks  %s %% %s  %s%s%s\n", cell->workload, decision->blocks,
            percent_text(&arena, decision->shift.estimate), limits_text(&arena, decision),
            style_on(colour, is_bad ? STYLE_BAD : STYLE_BOLD),
            decision->verdict == DECISION_OPEN ? "goes on" : verdict_words[decision->verdict],
            style_off(colour));
    arena_free(&arena);
}

static void print_cell(struct arena *arena, const struct gate_cell *cell, bool colour)
{
    const struct decision *decision = &cell->decision;
    const enum decision_verdict verdict = decision->verdict;
    const char *interval = limits_text(arena, decision);
    const char *detects = cell->detectable <= 0 ? "?"
                          : isinf(cell->detectable)
                              ? "> 100.0"
                              : arena_printf(arena, "%.1f", 100 * cell->detectable);
    printf("%-12s %s%-12s%s %8s  %-16s %6.1f %8s %7d %5d\n", cell->workload,
           style_on(colour, verdict == DECISION_REGRESSED ? STYLE_BAD : STYLE_BOLD),
           verdict_words[verdict], style_off(colour), percent_text(arena, decision->shift.estimate),
           interval, 100 * cell->delta, detects, decision->blocks, cell->voided);
}

void gate_tell_cells(struct arena *arena, const struct gate *gate)
{
    const bool colour = style_is_wanted(stdout);
    int kept = 0;
    printf("%s%-12s %-12s %8s  %-16s %6s %8s %7s %5s%s\n", style_on(colour, STYLE_DIM), "cell",
           "verdict", "slower %", "limits", "delta", "detects", "blocks", "void",
           style_off(colour));
    for (int i = 0; i < gate->cell_count; i++) {
        print_cell(arena, &gate->cells[i], colour);
        kept += gate->cells[i].kept;
    }
    if (kept > 0)
        printf("%d disturbed blocks count, because a quarter of their cell's was void already\n",
               kept);
}

json_t *gate_tell_cells_json(const struct gate *gate)
{
    json_t *array = json_array();
    for (int i = 0; i < gate->cell_count; i++) {
        const struct gate_cell *cell = &gate->cells[i];
        const struct decision *decision = &cell->decision;
        const bool has_limits = decision->look > 0;
        json_t *object =
            json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:f, s:f}", "workload", cell->workload,
                      "verdict", decision_verdict_name(decision->verdict), "look", decision->look,
                      "blocks", decision->blocks, "void", cell->voided, "disturbed", cell->kept,
                      "delta", cell->delta, "slower", decision_share(decision->shift.estimate));
        json_object_set_new(object, "low",
                            has_limits ? json_real(decision_share(decision->shift.low))
                                       : json_null());
        json_object_set_new(object, "high",
                            has_limits ? json_real(decision_share(decision->shift.high))
                                       : json_null());
        json_object_set_new(object, "p", has_limits ? json_real(decision->p) : json_null());
        json_object_set_new(object, "detectable",
                            cell->detectable > 0 && isfinite(cell->detectable)
                                ? json_real(cell->detectable)
                                : json_null());
        json_array_append_new(array, object);
    }
    return array;
}
