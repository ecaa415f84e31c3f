#include "runner/gate/plant.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool has_share;
    double amount; /* without a share: what wrap.c takes as its amount */
} kinds[] = {
    [PLANT_NONE] = {"none", false, 0},     [PLANT_SLOWDOWN] = {"slowdown", true, 0},
    [PLANT_FAULTS] = {"faults", false, 1}, [PLANT_STALL] = {"stall", false, 20000},
    [PLANT_CANARY] = {"canary", false, 1}, [PLANT_INSTRUCTIONS] = {"instructions", true, 0},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int fail(const char *text, struct problem *problem)
{
    return problem_set(problem,
                       "--plant %s: give slowdown=5%%, faults, stall, canary or instructions=1%% "
                       "(shares from 0.1 to 100 %%)",
                       text);
}

int plant_parse(struct arena *arena, const char *text, struct plant *plant, struct problem *problem)
{
    *plant = (struct plant){0};
    const size_t length = strcspn(text, "=");
    for (int i = PLANT_SLOWDOWN; i < KINDS; i++)
        if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, text, length) == 0)
            plant->kind = (enum plant_kind)i;
    if (plant->kind == PLANT_NONE || kinds[plant->kind].has_share != (text[length] == '='))
        return fail(text, problem);
    plant->name = kinds[plant->kind].name;
    if (!kinds[plant->kind].has_share)
        return 0;
    char *end;
    const double percent = strtod(text + length + 1, &end);
    if (end == text + length + 1 || strcmp(end, "%") != 0 || !(percent >= 0.1 && percent <= 100))
        return fail(text, problem);
    plant->share = percent / 100;
    plant->name = arena_printf(arena, "%s=%g%%", plant->name, percent);
    return 0;
}

const char *plant_setting(struct arena *arena, const struct plant *plant, bool is_head,
                          double amount)
{
    double given = plant->kind == PLANT_INSTRUCTIONS ? amount
                   : kinds[plant->kind].has_share    ? plant->share
                                                     : kinds[plant->kind].amount;
    if (!is_head)
        given = 0;
    return arena_printf(arena, "HAKMEM_PLANT=%s:%.9g", kinds[plant->kind].name, given);
}
