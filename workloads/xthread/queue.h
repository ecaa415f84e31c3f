/* queue: a bounded queue of batches between threads.
 *
 * Owns the waiting: a thread that finds the queue full or empty sleeps until that has changed.
 * Knows nothing of what is in a batch. What happened to a batch before queue_push() is visible to
 * the thread that gets it from queue_pop(): both hold the lock. All functions but the first are
 * thread-safe. */
#ifndef WORKLOADS_XTHREAD_QUEUE_H
#define WORKLOADS_XTHREAD_QUEUE_H

#include <pthread.h>
#include <stdint.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t has_batch, has_room;
    /* A ring: the oldest of count batches is at head; count <= depth. */
    void **ring;
    uint64_t depth, head, count;
    uint64_t count_max; /* ever */
    uint64_t producers; /* that have not left */
};

/* Takes its ring from the harness. */
void queue_start(struct queue *queue, uint64_t depth, uint64_t producers);

/* Waits for room. */
void queue_push(struct queue *queue, void *batch);

/* Waits for a batch. NULL: there is none, and every producer has left. */
void *queue_pop(struct queue *queue);

/* A producer's last call. */
void queue_leave(struct queue *queue);

#endif
