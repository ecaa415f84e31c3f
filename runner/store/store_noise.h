/* Table noise of the results database. */
#ifndef RUNNER_STORE_NOISE_H
#define RUNNER_STORE_NOISE_H

#include "runner/store/noise.h"

/* Puts the rows in place of those that the session has; one transaction. 0, or -1 with the
 * problem. */
int store_put_noise(struct store *store, int64_t session_id, const struct noises *noises,
                    struct problem *problem);

#endif
