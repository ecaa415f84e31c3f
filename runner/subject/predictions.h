/* What is predicted of every case of misuse in every variant: allocator/tests/misuse/predicted.txt,
 * which says how it is read. Pure but for reading that file.
 */
#ifndef RUNNER_PREDICTIONS_H
#define RUNNER_PREDICTIONS_H

#include "runner/subject/record.h"

struct prediction_line {
    const char *case_id;
    struct strings conditions; /* "headered", "cache", ...: all must hold */
    enum misuse_verdict without;
    bool has_without;         /* "-": somebody always detects it */
    struct strings detectors; /* "layer+layer:TAG", the first that there is reports */
};

struct predictions {
    const char *path;
    struct prediction_line *at;
    int count;
};

/* -1 with "file:line: what is wrong". */
int predictions_read(struct arena *arena, const char *path, struct predictions *predictions,
                     struct problem *problem);

/* `variant`: as it is compiled in, "layout=...,front=...,layers=...,geometry=...". -1: no line says
 * what is to be expected there. */
int predictions_find(struct arena *arena, const struct predictions *predictions,
                     const char *case_id, const char *variant, struct prediction *prediction,
                     struct problem *problem);

#endif
