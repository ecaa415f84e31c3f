/* How far a session is, on stderr: a bar with the time left on a terminal, a plain line now and
 * then elsewhere. Drawn between samples only, so that it never disturbs one.
 */
#ifndef RUNNER_PROGRESS_H
#define RUNNER_PROGRESS_H

#include "runner/store/store.h"
#include "runner/subject/record.h"

struct progress {
    const struct cells *cells;
    const struct plan *plan; /* what is still to do at the start */
    int done, total;         /* over the whole session */
    int at;                  /* index into the plan */
    double *seconds;         /* per cell: of its samples so far ... */
    int *samples;            /* ... and their number */
    bool is_terminal, has_colour, has_bar;
    unsigned *told;   /* per cell: a bit per status that was told */
    int64_t shown_ns; /* when the place was shown that is being measured; 0: it was not */
    int64_t line_ns;  /* when the last plain line was printed */
};

void progress_begin(struct arena *arena, struct progress *progress, const struct cells *cells,
                    const struct plan *plan, int total);

/* Before a sample of that place. */
void progress_show(struct progress *progress, const struct place *place);

/* After it. What is not ok is told at once: the first time per cell, void ones per allocator. */
void progress_count(struct progress *progress, const struct sample *sample);
void progress_end(struct progress *progress);

#endif
