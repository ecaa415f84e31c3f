/* The shared object of a commit, linked anew from the objects of its build: in a shuffled order
 * with padding between them, so that where code and data happen to lie is noise over the blocks of
 * a gate and not a bias of one commit (Mytkowicz et al., "Producing wrong data without doing
 * anything obviously wrong!", ASPLOS 2009; Curtsinger, Berger, "Stabilizer", ASPLOS 2013).
 */
#ifndef RUNNER_RELINK_H
#define RUNNER_RELINK_H

#include "runner/base/text.h"

#include <stdint.h>

struct relink {
    const struct strings *objects;
    const char *target;  /* the .so to make; its folder is made and holds scratch files */
    const char *planted; /* the object of planted/wrap.c to put in front of malloc and free; NULL */
    bool shuffles;       /* else the order as given, without padding */
    uint64_t seed;       /* of order and padding: the same gives the same object, byte by byte */
};

/* -1 with the linker's first error. */
int relink(struct arena *arena, const struct relink *how, struct problem *problem);

#endif
