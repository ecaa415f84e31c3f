/* Known changes by name: `slowdown=5%`, `faults`, `stall`, `canary`, `instructions=1%`. What they
 * do is in planted/wrap.c; this Box reads the name and makes the setting that each side gets.
 */
#ifndef RUNNER_PLANT_H
#define RUNNER_PLANT_H

#include "runner/base/text.h"

enum plant_kind {
    PLANT_NONE,
    PLANT_SLOWDOWN,     /* so many per cent more time between calls */
    PLANT_FAULTS,       /* a soft page fault more every 1000 calls */
    PLANT_STALL,        /* 20 us every 10 000 calls */
    PLANT_CANARY,       /* a byte of a live block flipped, every 500 calls */
    PLANT_INSTRUCTIONS, /* so many per cent more instructions (deterministic gate only) */
};

struct plant {
    enum plant_kind kind;
    const char *name; /* canonical: "slowdown=5%"; NULL for none */
    double share;     /* of slowdown and instructions: 0.05 */
};

int plant_parse(struct arena *arena, const char *text, struct plant *plant,
                struct problem *problem);

/* "HAKMEM_PLANT=slowdown:0.05". `amount`: of instructions, how many a call; else ignored. */
const char *plant_setting(struct arena *arena, const struct plant *plant, bool is_head,
                          double amount);

#endif
