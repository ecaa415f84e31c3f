#include "runner/base/style.h"
#include "runner/job/doctor.h"
#include "runner/subject/record.h"

#include <stdio.h>

enum { NAME_COLUMNS = 12 };

static void put(const char *name, const char *value)
{
    printf("  %-*s  %s\n", NAME_COLUMNS, name, value != NULL ? value : "not told");
}

static const char *number(struct arena *arena, int value)
{
    return value == RECORD_NONE ? NULL : arena_printf(arena, "%d", value);
}

static double gib(int64_t bytes)
{
    return (double)bytes / (1 << 30);
}

static void print_readings(struct arena *arena, const struct doctor_readings *r)
{
    put("cores", arena_printf(arena, "%d, of which we may use %d; one-thread rows run on core %d",
                              r->cores, r->allowed_cores, r->pinned_core));
    put("isolated", r->isolated != NULL && *r->isolated == '\0' ? "none" : r->isolated);
    put("SMT", !r->is_shared ? "the pinned core is alone"
                             : arena_printf(arena, "the pinned core is one of %s", r->siblings));
    put("machine", r->virtualisation);
    put("governor", r->governor);
    put("turbo", r->turbo == RECORD_NONE ? NULL : r->turbo ? "on" : "off");
    put("CPU quota",
        r->quota_cores < 0 ? "none" : arena_printf(arena, "%.2f cores", r->quota_cores));
    put("memory", arena_printf(arena, "%.1f of %.1f GiB available, %.1f GiB swapped out",
                               gib(r->memory_available), gib(r->memory_total), gib(r->swap_used)));
    put("overcommit", number(arena, r->overcommit));
    put("THP", r->thp);
    put("ASLR", number(arena, r->aslr));
    put("perf", r->perf_paranoid == RECORD_NONE
                    ? NULL
                    : arena_printf(arena, "perf_event_paranoid %d", r->perf_paranoid));
    put("load", arena_printf(arena, "%.2f", r->load));
    put("disturbance", arena_printf(arena, "steal %.1f %%, other processes %.1f %% in %.1f s",
                                    r->steal_percent, r->foreign_percent, r->window_s));
    put("A/A", r->aa_samples > 0
                   ? arena_printf(arena,
                                  "%d samples of one build spread by %.1f %%; of two 95 %% are "
                                  "within %.1f %%",
                                  r->aa_samples, 100 * r->aa_spread, 100 * r->aa_p95)
               : r->aa_missing != NULL ? r->aa_missing
                                       : "left out (--quick)");
}

void doctor_print(struct arena *arena, const struct doctor_readings *readings,
                  const bool raised[DOCTOR_WARNINGS])
{
    const bool colour = style_is_wanted(stdout);
    int doubts = 0, notes = 0;
    print_readings(arena, readings);
    putchar('\n');
    /* Doubts first. */
    for (int pass = 0; pass < 2; pass++)
        for (int w = 0; w < DOCTOR_WARNINGS; w++) {
            const struct doctor_rule *rule = doctor_rule_of((enum doctor_warning)w);
            const char *detail = doctor_detail(arena, (enum doctor_warning)w, readings);
            if (!raised[w] || rule->is_doubt != (pass == 0))
                continue;
            doubts += pass == 0;
            notes += pass == 1;
            printf("%s%s: %s%s\n    %s%s%s%s\n    %sdo: %s%s\n",
                   style_on(colour, pass == 0 ? STYLE_BAD : STYLE_BOLD),
                   pass == 0 ? "doubt" : "note", rule->name, style_off(colour), rule->text,
                   *detail != '\0' ? " (" : "", detail, *detail != '\0' ? ")" : "",
                   style_on(colour, STYLE_DIM), rule->remedy, style_off(colour));
        }
    const char *count = arena_printf(arena, "%d doubt%s, %d note%s", doubts, doubts == 1 ? "" : "s",
                                     notes, notes == 1 ? "" : "s");
    printf("%s%s%s: %s\n", style_on(colour, doubts > 0 ? STYLE_BAD : STYLE_ACCENT),
           doubts > 0 ? "doubtful" : "fit to measure", style_off(colour), count);
}

static json_t *known(double value)
{
    return value == RECORD_NONE ? json_null() : json_real(value);
}

json_t *doctor_readings_json(const struct doctor_readings *r)
{
    json_t *object = json_pack(
        "{s:s?, s:s?, s:s?, s:s?, s:s?, s:i, s:b, s:b, s:i, s:i}", "governor", r->governor, "thp",
        r->thp, "virtualisation", r->virtualisation, "isolated", r->isolated, "siblings",
        r->siblings, "pinned_core", r->pinned_core, "is_isolated", r->is_isolated, "is_shared",
        r->is_shared, "cores", r->cores, "allowed_cores", r->allowed_cores);
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"turbo", r->turbo},
        {"aslr", r->aslr},
        {"overcommit", r->overcommit},
        {"perf_event_paranoid", r->perf_paranoid},
        {"quota_cores", r->quota_cores},
        {"load", r->load},
        {"memory_total_bytes", (double)r->memory_total},
        {"memory_available_bytes", (double)r->memory_available},
        {"swap_used_bytes", (double)r->swap_used},
        {"window_s", r->window_s},
        {"steal_percent", r->steal_percent},
        {"foreign_percent", r->foreign_percent},
        {"aa_samples", r->aa_samples},
        {"aa_spread", r->aa_samples > 0 ? r->aa_spread : RECORD_NONE},
        {"aa_p95", r->aa_samples > 0 ? r->aa_p95 : RECORD_NONE},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new(object, numbers[i].name, known(numbers[i].value));
    return object;
}

json_t *doctor_warnings_json(struct arena *arena, const struct doctor_readings *readings,
                             const bool raised[DOCTOR_WARNINGS])
{
    json_t *array = json_array();
    for (int w = 0; w < DOCTOR_WARNINGS; w++) {
        const struct doctor_rule *rule = doctor_rule_of((enum doctor_warning)w);
        if (raised[w])
            json_array_append_new(array,
                                  json_pack("{s:s, s:b, s:s, s:s, s:s}", "name", rule->name,
                                            "doubt", rule->is_doubt, "text", rule->text, "detail",
                                            doctor_detail(arena, (enum doctor_warning)w, readings),
                                            "remedy", rule->remedy));
    }
    return array;
}
