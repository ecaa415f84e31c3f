#include "workloads/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "workloads/latency.h"
#include "workloads/options.h"

static void *carry(void *argument);

static void start_leg(struct relay *relay)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, carry, relay);
    if (error != 0) {
        fprintf(stderr, "cannot create thread %llu of a chain: %s; ask for fewer --threads\n",
                (unsigned long long)relay->legs + 1, strerror(error));
        /* Not exit(): other threads still use what its handlers would tear down. */
        _exit(EXIT_USAGE);
    }
}

static void *carry(void *argument)
{
    struct relay *relay = argument;
    bool more = relay->leg(relay->context);
    latency_thread_end();
    if (relay->legs > 0) {
        pthread_join(relay->runner, NULL);
    }
    relay->runner = pthread_self();
    relay->legs++;
    if (more) {
        start_leg(relay);
    } else {
        sem_post(&relay->over);
    }
    return NULL;
}

void relay_run(struct relay *relay)
{
    sem_init(&relay->over, 0, 0);
    start_leg(relay);
    while (sem_wait(&relay->over) != 0 && errno == EINTR) {
    }
    pthread_join(relay->runner, NULL);
    sem_destroy(&relay->over);
}
