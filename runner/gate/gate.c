#include "runner/gate/gate.h"

#include "runner/gate/relink.h"
#include "runner/process/elf.h"

#include <string.h>

const char *const gate_side_names[2] = {"base", "head"};

static const char *planted_object(const struct gate *gate, struct arena *arena)
{
    return gate->plant.kind != PLANT_NONE
               ? arena_printf(arena, "%s/build/planted.o", gate->bench->root)
               : NULL;
}

const char *gate_allocator_name(const struct gate *gate, struct arena *arena, int side)
{
    const char *plant = gate->plant.name;
    return arena_printf(arena, "hakmem@%.12s%s%s", gate->trees[side].commit,
                        side == 1 && plant != NULL ? "+" : "",
                        side == 1 && plant != NULL ? plant : "");
}

int gate_link(const struct gate *gate, struct arena *arena, int side, bool shuffles, uint64_t seed,
              double calls_amount, struct allocator *allocator, struct problem *problem)
{
    const struct relink how = {
        .objects = &gate->trees[side].objects,
        .target = arena_printf(arena, "%s/build/gate/%s/libhakmem.so", gate->bench->root,
                               gate_side_names[side]),
        .planted = planted_object(gate, arena),
        .shuffles = shuffles,
        .seed = seed,
    };
    struct elf_info info;
    if (relink(arena, &how, problem) != 0 || elf_read(arena, how.target, &info, problem) != 0)
        return -1;
    *allocator = (struct allocator){.name = gate_allocator_name(gate, arena, side),
                                    .kind = ALLOCATOR_PATH,
                                    .object = how.target,
                                    .preload = how.target,
                                    .build_id = info.build_id};
    if (strpbrk(how.target, " :") != NULL)
        return problem_set(problem,
                           "%s: LD_PRELOAD cannot hold a path with a space or a colon: "
                           "move the repository",
                           how.target);
    if (gate->plant.kind != PLANT_NONE)
        strings_add(arena, &allocator->environment,
                    plant_setting(arena, &gate->plant, side == 1, calls_amount));
    return 0;
}

/* What the corruption gate says of a sample; NULL: nothing. */
const char *gate_trouble(struct arena *arena, const struct cell *cell, const struct sample *sample)
{
    const char *where =
        arena_printf(arena, "%s (%s) on %s", gate_side_names[strcmp(cell->side, "B") == 0],
                     cell->allocator.name, cell->workload);
    if (sample->corruptions > 0)
        return arena_printf(arena, "%s: the allocator found %lld corruptions", where,
                            (long long)sample->corruptions);
    switch (sample->status) {
    case SAMPLE_CRASH:
        return arena_printf(arena, "%s: crash: %s", where, sample->reason);
    case SAMPLE_TIMEOUT:
        return arena_printf(arena, "%s: hangs: %s", where, sample->reason);
    case SAMPLE_VOID:
        return arena_printf(arena, "%s: lost identity: %s", where, sample->reason);
    case SAMPLE_FAILED:
        return sample->exit_code == EXIT_CRASH
                   ? arena_printf(arena, "%s: %s", where, sample->reason)
                   : NULL;
    default:
        return NULL;
    }
}

const struct gate_accepted *gate_find_accepted(const struct gate *gate, const char *workload)
{
    for (int i = 0; i < gate->accepted_count; i++)
        if (*gate->accepted[i].workload == '\0' ||
            strcmp(gate->accepted[i].workload, workload) == 0)
            return &gate->accepted[i];
    return NULL;
}

enum exit_code gate_exit_code(const struct gate *gate)
{
    if (gate->trouble != NULL)
        return EXIT_CRASH;
    bool is_open = false;
    for (int i = 0; i < gate->cell_count && gate->stages != GATE_DETERMINISTIC; i++) {
        const enum decision_verdict verdict = gate->cells[i].decision.verdict;
        if (verdict == DECISION_REGRESSED) {
            if (gate_find_accepted(gate, gate->cells[i].workload) == NULL)
                return EXIT_REGRESSION;
            continue;
        }
        is_open = is_open || verdict != DECISION_PROVEN;
    }
    if (gate->worse_counts > 0)
        return EXIT_REGRESSION;
    return is_open ? EXIT_INCONCLUSIVE : EXIT_PASS;
}
