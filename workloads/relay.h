/* relay: a chain of threads, each of which runs one leg and then starts the next one.
 *
 * Owns the turnover of threads: whatever the legs have in their context passes from thread to
 * thread. A thread starts its successor as its last act, so that it is torn down, caches and all,
 * while the successor is already at work; the successor joins it at the end of its own leg.
 *
 * Happens-before: a leg sees all that the legs before it did (pthread_create), and the caller of
 * relay_run() sees it all (semaphore and join). So the context needs no lock.
 *
 * What pthread_create() takes from malloc for itself is part of the workload. */
#ifndef WORKLOADS_RELAY_H
#define WORKLOADS_RELAY_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

struct relay {
    /* Runs in a thread of its own; says whether there is to be another leg. */
    bool (*leg)(void *context);
    void *context;
    uint64_t legs; /* run so far */
    /* The rest is the relay's own. */
    pthread_t runner; /* of the last leg that ended */
    sem_t over;
};

/* Runs legs until one of them says that it was the last, and returns when its thread has ended.
 * The caller has filled in leg and context, and zeroed the rest. Ends the process with EXIT_USAGE
 * when the system refuses a thread. */
void relay_run(struct relay *relay);

#endif
