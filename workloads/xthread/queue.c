#include "workloads/xthread/queue.h"

#include <assert.h>

#include "workloads/probe.h"

void queue_start(struct queue *queue, uint64_t depth, uint64_t producers)
{
    *queue = (struct queue){.depth = depth, .producers = producers};
    queue->ring = probe_memory(depth * sizeof *queue->ring);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->has_batch, NULL);
    pthread_cond_init(&queue->has_room, NULL);
}

void queue_push(struct queue *queue, void *batch)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->depth) {
        pthread_cond_wait(&queue->has_room, &queue->lock);
    }
    queue->ring[(queue->head + queue->count) % queue->depth] = batch;
    queue->count++;
    queue->count_max = queue->count > queue->count_max ? queue->count : queue->count_max;
    pthread_cond_signal(&queue->has_batch);
    pthread_mutex_unlock(&queue->lock);
}

void *queue_pop(struct queue *queue)
{
    void *batch = NULL;
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && queue->producers > 0) {
        pthread_cond_wait(&queue->has_batch, &queue->lock);
    }
    if (queue->count > 0) {
        batch = queue->ring[queue->head];
        queue->head = (queue->head + 1) % queue->depth;
        queue->count--;
        pthread_cond_signal(&queue->has_room);
    }
    pthread_mutex_unlock(&queue->lock);
    return batch;
}

void queue_leave(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    assert(queue->producers > 0);
    queue->producers--;
    if (queue->producers == 0) {
        pthread_cond_broadcast(&queue->has_batch);
    }
    pthread_mutex_unlock(&queue->lock);
}
