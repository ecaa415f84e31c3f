/* Sessions that measure whole processes of one program, proved by libhakprobe.so: a program of the
 * user's (exec), or ours of many small benchmarks (micro). From options to a plan, measured to the
 * end, told as a table or as JSON. Commands of this kind differ in their design.
 */
#ifndef RUNNER_WHOLE_H
#define RUNNER_WHOLE_H

#include "runner/base/json.h"
#include "runner/measure/campaign.h"
#include "runner/store/summary.h"

struct whole_design {
    const char *help;     /* above the options */
    const char *mode;     /* of the session, whose kind is exec; NULL: none */
    const char *workload; /* of the cells */
    unsigned options;     /* that the command accepts */
    /* Sets the program and its arguments, and what the campaign needs besides. */
    int (*choose)(struct bench *bench, struct campaign *campaign, const char **program,
                  struct strings *arguments, struct problem *problem);
    /* The results for a person on stdout, or added to the object for a machine (else NULL). */
    int (*tell)(const struct bench *bench, const struct campaign *campaign,
                const struct summary *summary, json_t *object, struct problem *problem);
};

/* An exit code; what is wrong was told on stderr by then. argv[0] is the command. */
int whole_command(const struct whole_design *design, int argc, char *const *argv);

#endif
