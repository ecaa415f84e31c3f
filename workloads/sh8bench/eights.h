/* eights: 8-byte blocks that the main thread allocates and the workers free.
 *
 * Owns the shared array through which the blocks travel and the rule of who frees which.
 *
 * The array is cut into runs of EIGHTS_RUN slots. Run r belongs to worker r mod T; it is freed by
 * one of the others, which take turns, so that each frees its share of every other worker's runs
 * and all of them have something to free from the start. (A single worker frees everything.)
 *
 * Publishing. Each slot is written by the main thread, which turns NULL into a block, and then by
 * the one worker that frees it, which turns it back into NULL.
 * - Main stores the pointer with release order after it has written the block's contents; the
 *   worker loads it with acquire order. A worker that sees a pointer therefore sees the contents,
 *   and its free() comes after everything that main did to the block.
 * - The worker's store of NULL is relaxed: main looks at the slot again only in the next round,
 *   and a barrier stands between two rounds.
 * - `end` says where main stops, which is earlier when time is up. It carries no data but itself,
 *   so relaxed order is enough: a worker that still reads the old, larger value merely looks
 *   again, and one that reads the final value is done only when it has freed all that lies below.
 */
#ifndef WORKLOADS_SH8BENCH_EIGHTS_H
#define WORKLOADS_SH8BENCH_EIGHTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define EIGHTS_RUN 1000

struct eights {
    _Atomic(void *) *slots; /* count of them, all NULL between rounds */
    uint64_t count;
    _Atomic uint64_t end; /* no slot from here on will be filled in this round */
    unsigned threads;
    bool audit;
};

/* Where a worker stands in the array; only its own thread may use it. */
struct eights_reader {
    unsigned index; /* of the worker */
    uint64_t next;  /* the first slot that it has not looked at; in one of its runs, or the end */
    uint64_t frees, audit_errors, checksum;
};

/* Before a round, by one thread while no other uses the array. */
void eights_restart(struct eights *eights);

/* Main: allocates and publishes the whole round, or until time is up. Returns how many. */
uint64_t eights_publish(struct eights *eights);

/* A worker's first position in a round. */
void eights_rewind(const struct eights *eights, struct eights_reader *reader);

/* Worker: frees up to `most` of its blocks that have appeared. Returns how many. */
uint64_t eights_free(struct eights *eights, struct eights_reader *reader, uint64_t most);

/* Whether the worker has freed all that it will get in this round. */
bool eights_done(const struct eights *eights, const struct eights_reader *reader);

#endif
