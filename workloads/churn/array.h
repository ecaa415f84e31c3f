/* array: a growing and shrinking array of mixed objects, every part of which is on the heap.
 *
 * Owns the objects' kinds and sizes, when an array is moved to a larger or smaller place, and,
 * with audit, the proof that all of it is still what it was. An object is a record of a fixed
 * size, a string that may grow, or a list, which is an array of strings. An array and its churner
 * belong to one thread at a time. */
#ifndef WORKLOADS_CHURN_ARRAY_H
#define WORKLOADS_CHURN_ARRAY_H

#include <stdint.h>

#include "workloads/frame.h"

struct entry {
    void *block;
    uint32_t size, kind;
    uint64_t tag; /* of the block's pattern */
};

struct array {
    struct entry *entries; /* count used of capacity; NULL when capacity is 0 */
    uint32_t count, capacity;
    uint64_t seal; /* audit only: over the members above */
};

/* What all arrays of a lane share. */
struct churner {
    struct frame_lane base;
    uint64_t next_tag; /* never used twice in a process */
    uint64_t reallocs;
};

/* An empty array is all zero but for its seal, which this sets. */
void array_start(struct array *array);

/* Adds an object of random kind and size. */
void array_append(struct array *array, struct churner *churner);

/* Removes a random object; the last one takes its place. Needs one. */
void array_remove(struct array *array, struct churner *churner);

/* Appends to a random object when it is a string that is not too long yet; puts a new object in
 * its place when it is not. Needs an object. */
void array_mutate(struct array *array, struct churner *churner);

/* Frees everything; the array is empty then. */
void array_drop(struct array *array, struct churner *churner);

#endif
