/* The shelf: what a thread has just freed of ACE's blocks, for its own next request of that size.
 *
 * A block above the front's classes is mostly a buffer, taken and freed again by one thread. The
 * shelf saves such a pair ACE's lock, which all threads share. It holds a few blocks; the oldest
 * goes to ACE when another one comes, and all of them do when the thread ends, or has not used its
 * shelf for an eighth of a second. To ACE a shelved block is in use, but it is nobody's: a second
 * free of it is refused.
 *
 * A shelf is one thread's, and is touched inside its slow paths only. */
#ifndef HAK_SHELF_H
#define HAK_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator/base/compiler.h"

#define SHELF_PLACES 4

struct shelf {
    struct shelved {
        void *p;
        size_t bytes;
    } place[SHELF_PLACES]; /* the oldest first */
    uint32_t count;
    uint32_t turns, aged; /* blocks taken and put so far; that number when it was last aged */
};

/* The newest block of exactly so many bytes (see ace_round), as its owner left it; NULL: none. */
void *shelf_take(struct shelf *shelf, size_t bytes);

/* Puts a block there that was laid aside (ace_lay_aside), of `bytes` bytes. */
void shelf_put(struct shelf *shelf, void *p, size_t bytes);

/* After shelf_put: is it time to look at the clock? It says so at every 16th pair of taking and
 * putting, because a look costs as much as half of a pair. */
HAK_INLINE bool shelf_is_due(const struct shelf *shelf)
{
    return shelf->turns % 32 < 2;
}

/* All of it goes to ACE; `now` is the time on the coarse clock. */
void shelf_clear(struct shelf *shelf, uint64_t now);

/* The same, unless the shelf was used since the last time. */
void shelf_age(struct shelf *shelf, uint64_t now);

#endif
