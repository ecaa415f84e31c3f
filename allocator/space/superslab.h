/* The room space: address space, and what stands where in it.
 *
 * Owns: the reserved window (window.h), the maps from an address to what is there (registry.h),
 * SuperSlabs with their records and fences (superslab.h, fence.h), and the memory of the
 * allocator's own records (arena.h).
 * Must not know: blocks in lists, threads, who wants a SuperSlab and what for.
 * Who calls in: large and slabs take and give SuperSlabs and units; layers and slabs read slab
 * records; every free asks the registry which class stands at its address. */

/* SuperSlabs and slabs: what is known about a run of blocks, kept apart from the blocks.
 *
 * A SuperSlab is 2 MiB, aligned to its size, and cut into 32 slabs of 64 KiB. The first page of
 * slab 0 holds the metadata: the SuperSlab's own record where slab 0's would be, then 31 slab
 * records of 128 bytes. In a SuperSlab of slabs the rest of slab 0 is never touched and costs
 * address space only; in an ACE region the second page is the region's record and blocks follow.
 *
 * A slab record is two cache lines: the first is written by the slab's holder only, the second
 * holds the one word that others write.
 *
 * Who may touch what. At every moment a slab is in one state, and the state says who may change it:
 *   EMPTY    in the stock; the pool, under its stock lock (or nobody, if the SuperSlab is spare).
 *   HELD     one thread's current slab of its class; that thread alone, except the remote word.
 *   FULL     nobody's, on no list: its free blocks are fewer than `wake`. Whoever pushes it over
 *            `wake` takes the class lock and makes it PARTIAL or EMPTY.
 *   PARTIAL  on the pool's list of its class; under the class lock.
 * Blocks: carved = live + in thread lists + free_count + count(remote). Pool and refill rely on
 * it: a slab is empty when the last two add up to `carved`.
 *
 * Lifecycle: the pages of EMPTY slabs are given back, of which by the equation above no list holds
 * a block; when the system has no address space left, that of spare SuperSlabs is, too. The first
 * page stays, whatever the SuperSlab becomes: so a late look at a record is always a look at a
 * record. */
#ifndef HAK_SUPERSLAB_H
#define HAK_SUPERSLAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "allocator/base/budget.h"
#include "allocator/base/compiler.h"
#include "allocator/base/os.h"

enum slab_state { SLAB_EMPTY, SLAB_HELD, SLAB_FULL, SLAB_PARTIAL };

struct slab {
    void *free;          /* the holder's own list of free blocks */
    uint32_t free_count; /* its length */
    uint32_t stride;
    struct slab *next, *prev; /* PARTIAL: on the class list */
    bool set_aside;           /* by the guard layer, under its lock: `next` is its list's */
    /* What a push of others reads stands beside the word that it writes, so it meets one line. */
    _Alignas(64) _Atomic uint64_t remote; /* see remote.h */
    _Atomic uint32_t class_state; /* class << 8 | enum slab_state; see slab_class, slab_state */
    _Atomic uint32_t carved;      /* blocks that have ever been handed out; written by the holder */
    uint32_t capacity;
    _Atomic int32_t pins; /* of the pin layer: blocks that are out */
};
_Static_assert(sizeof(struct slab) == 128, "a slab record is two cache lines");

enum superslab_kind { SUPERSLAB_SPARE, SUPERSLAB_SLABS, SUPERSLAB_ACE };

/* Slab numbers as a mask; slab 0 is the metadata. */
#define SUPERSLAB_ALL 0xfffffffeu

struct superslab {
    _Atomic enum superslab_kind kind;
    uint32_t empty; /* SLABS: those of its slabs that are in the stock */
    uint32_t dirty; /* SLABS: those of `empty` that have memory behind them. SPARE: of all */
    struct superslab *next, *prev; /* SLABS: the stock. SPARE: its list */
    uint64_t idle_since;           /* coarse clock of the last slab that became EMPTY */
    enum superslab_kind fenced;    /* for which use its fences are up (see fence.h); SPARE: none */
    bool counted;                  /* on the list of `pool_count`, which it never leaves */
    struct superslab *counted_next;
    uint64_t pad[9];
};
_Static_assert(sizeof(struct superslab) == sizeof(struct slab), "it stands in slab 0's place");

HAK_INLINE struct superslab *superslab_of(const void *p)
{
    return (struct superslab *)((uintptr_t)p & ~(HAK_SUPERSLAB - 1));
}

/* The record of the slab that a pointer into a SuperSlab of slabs points to. */
HAK_INLINE struct slab *slab_of(const void *p)
{
    struct slab *records = (struct slab *)superslab_of(p);
    return &records[((uintptr_t)p >> HAK_SLAB_SHIFT) & (HAK_SLABS - 1)];
}

HAK_INLINE void *slab_start(const struct slab *slab)
{
    uintptr_t base = (uintptr_t)superslab_of(slab);
    return (void *)(base + (((uintptr_t)slab - base) / sizeof *slab) * HAK_SLAB);
}

HAK_INLINE uint32_t slab_word(unsigned class, enum slab_state state)
{
    return class << 8 | state;
}

HAK_INLINE unsigned slab_class(const struct slab *slab)
{
    return atomic_load_explicit(&slab->class_state, memory_order_relaxed) >> 8;
}

HAK_INLINE enum slab_state slab_state(const struct slab *slab)
{
    return (enum slab_state)(atomic_load_explicit(&slab->class_state, memory_order_relaxed) & 255);
}

HAK_INLINE void slab_set_state(struct slab *slab, unsigned class, enum slab_state state)
{
    atomic_store_explicit(&slab->class_state, slab_word(class, state), memory_order_relaxed);
}

/* A SuperSlab whose slabs are all EMPTY, entered in the registry: a spare one, else a new one.
 * `dirty` says which slabs have memory; when it is 0, every page but the first reads as zero.
 * NULL when the system has no memory or the registry no room. Thread-safe. */
struct superslab *superslab_take(enum superslab_kind kind);

/* Gives back a SuperSlab of which nothing is in use, for any kind; `dirty` must be right. Its slab
 * records stay as they are: all EMPTY. Thread-safe. */
void superslab_give(struct superslab *superslab);

/* Gives the pages of SuperSlabs that have been spare since the coarse-clock time `before` back to
 * the system, under a limit their address space, too; as long as the budget lasts and for a
 * SuperSlab more. Returns bytes. Thread-safe. */
uint64_t superslab_purge(uint64_t before, struct budget *budget);

/* For when the address space has run out: unmaps all but the first page of the spare SuperSlabs,
 * but for one. They come back into use if their place is still free then. Thread-safe. */
void superslab_hollow_out(void);

/* Around fork: does this to each of its locks, in rising rank. */
void superslab_fork(lock_step *step);

/* Bytes of SuperSlabs ever made. */
uint64_t superslab_bytes(void);

#endif
