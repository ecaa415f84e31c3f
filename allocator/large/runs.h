/* Runs: free granules (64 KiB) of the part of the window that spans live in, found by their length.
 *
 * A run is a maximal stretch of neighbouring free granules of one kind: OPEN, which can be used as
 * it is, or HOLLOW, whose memory is unmapped. Runs stand in bins by length: exact up to 32
 * granules, then eight bins per doubling, with a bitmap of bins that are not empty. So a run that
 * fits is found, and a freed one joined with both neighbours, in a number of steps that does not
 * depend on how many there are.
 *
 * What is known of a granule stands in tables apart from the memory, which may have been given
 * back. Invariant: `run` is the length of the run at its first and at its last granule, and 0 at
 * every other granule. Invariant: a granule whose bit in `dirty` is set is free, OPEN and has
 * memory; a run that holds one is on the list of dirty runs, mostly those first that were changed
 * longest ago.
 *
 * Not thread-safe but for granule_at: the span box calls in, under its lock. */
#ifndef HAK_RUNS_H
#define HAK_RUNS_H

#include <stdbool.h>
#include <stdint.h>

#include "allocator/base/budget.h"
#include "allocator/base/compiler.h"
#include "allocator/base/config.h"

#define RUNS_TABLE_SHIFT 12 /* granules of a table: 256 MiB */
#define RUNS_TABLE       (1u << RUNS_TABLE_SHIFT)

enum run_kind { RUN_NONE, RUN_OPEN, RUN_HOLLOW };

struct granule {
    _Atomic uint32_t pages; /* of the block that begins here; 0: none does */
    uint32_t freed_at;      /* of a dirty one: when, in ticks of the span box */
    uint32_t run;
    uint8_t kind;     /* enum run_kind, where `run` is not 0 */
    bool listed;      /* the run that begins here is on the list of dirty runs */
    uint32_t bin[2];  /* next and previous run of its bin, as granule + 1; 0: none */
    uint32_t list[2]; /* next and previous dirty run, likewise */
};

/* Makes tables for granules [first, first + count); false when there is no memory for them. */
bool runs_prepare(uint32_t first, uint32_t count);

/* The entry of a granule; NULL when none near it was ever prepared. Lock-free. */
struct granule *granule_at(uint32_t granule);

/* Granules that no block has and that are in no run become a run, or part of one. */
void runs_put(uint32_t first, uint32_t count, enum run_kind kind);
/* The same for granules that a block had until now: they have memory. */
void runs_put_dirty(uint32_t first, uint32_t count, uint32_t tick);

/* Takes `count` granules out of a run that is as long; false when no run is. `*clean`: none of
 * them has memory, they read as zero. */
bool runs_take(uint32_t count, enum run_kind kind, uint32_t *first, bool *clean);
/* Takes `count` granules from `first` on, if a run of OPEN ones begins there and is as long. */
bool runs_take_at(uint32_t first, uint32_t count);

/* Takes the next dirty granules, all of them freed by `tick`, out of their run: how many, from
 * *first on. They stay dirty until runs_put_purged. 0: there are none, or the budget is spent and
 * says that there is more. A round looks at every dirty run at least once; the call that ends it
 * returns 0. */
uint32_t runs_take_dirty(uint32_t tick, struct budget *budget, uint32_t *first);
/* Puts back what the function before took, and what it is now: without memory, or still as it was
 * (RUN_NONE), and then it is not due before it has been used again. */
void runs_put_purged(uint32_t first, uint32_t count, enum run_kind kind);

/* Takes a whole OPEN run, whichever; false when there is none. */
bool runs_take_any(uint32_t *first, uint32_t *count, bool *clean);

#if HAK_DEBUG
/* Runs and table words looked at so far. */
extern HAK_HIDDEN uint64_t runs_steps;
#endif

#endif
