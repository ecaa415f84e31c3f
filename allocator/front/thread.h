/* What belongs to one thread: its front bins in static TLS, and behind them its record.
 *
 * The bins are what malloc and free touch; they work before the thread has a record (they are empty
 * and full at once, so the first call of either kind takes the slow way, which makes the record).
 * The record lives in arena memory and is handed on to a later thread when this one ends. Only the
 * owning thread touches either. */
#ifndef HAK_THREAD_H
#define HAK_THREAD_H

#include <stdbool.h>

#include "allocator/base/layout.h"
#include "allocator/base/os.h"
#include "allocator/large/shelf.h"
#include "allocator/layers/chain.h"

#if HAK_LAYER_HEAD
typedef int32_t tls_room;
#else
typedef int64_t tls_room;
#endif

/* One class's bin. Front sll: the TLS SLL. Front cache: the ends of the unified cache's array. */
struct tls_bin {
#if HAK_FRONT_CACHE
    void **top;   /* the slot of the newest block; the slot below the oldest holds an odd mark */
    void **limit; /* the last slot */
#else
    void *head;          /* user pointer of the first free block */
    tls_room room;       /* frees still taken before some must be drained */
#if HAK_LAYER_HEAD
    uint32_t reciprocal; /* of the stride, for the head layer: beside what a free reads anyway */
#endif
#endif
};

struct thread {
    struct slab *current[HAK_CLASSES]; /* HELD by this thread */
#if !HAK_FRONT_CACHE
    /* By class: the length of the bin's list plus its room. Tells, when a list ends, whether it
     * should, but for a few blocks that a signal handler may have made it lose. */
    int64_t balance[HAK_CLASSES];
#define LIST_TOLERANCE 8
#else
    struct chain spill[HAK_CLASSES]; /* the TLS SLL behind the cache */
    uint32_t kept[HAK_CLASSES]; /* its length after the last refill: what was pushed since drains */
    void **cache[HAK_CLASSES];  /* the arrays, made when first needed */
#endif
    bool seen[HAK_CLASSES]; /* refilled or drained since the lists were aged */
    struct shelf shelf;
    unsigned kpi_slot;   /* in the KPI page: it goes with the record */
    uint64_t age_at;     /* coarse clock of the next ageing: see tiny_age */
    struct thread *next; /* on the list of records to be reused */
};

struct thread_tls {
    struct tls_bin bins[HAK_CLASSES + 1]; /* by bin = class + 1; bin 0 takes and gives nothing */
    struct thread *thread;
    /* Set while the thread is inside a slow path, where it may hold a lock. A signal handler that
     * allocates then sees it set in its own thread and takes a way without locks; no other thread
     * reads it. */
    volatile bool busy;
    bool ended; /* the exit destructor has run: see thread_attend */
    /* Why the end of a slow path has more to do, enum thread_attention: zero but for rare cases. */
    volatile uint32_t attention;
    void *deferred; /* blocks that such a handler freed, linked, to be freed properly later */
    struct shield *shield; /* what a handler's thread has put aside, the newest first */
    uint64_t signal_mask;  /* see ATTEND_SIGNAL */
};

enum thread_attention {
    ATTEND_DEFERRED = 1, /* blocks wait in `deferred` */
    ATTEND_ENDED = 2,    /* the thread keeps nothing beyond a slow path */
    ATTEND_SHIELD = 4,   /* a shield is up, or was left behind by a handler that did not return */
    /* A signal waits in the kernel, all others are blocked, and the mask to be restored, the word
     * that the kernel has it as, is `signal_mask` (process/signals.h). */
    ATTEND_SIGNAL = 8
};
extern HAK_HIDDEN __thread struct thread_tls thread_tls;
_Static_assert(sizeof(struct thread_tls) <= 1536, "small enough for dlopen (static TLS surplus)");

/* What a bin is when it has no list, or no array: empty and full at once. */
struct tls_bin thread_no_bin(void);

/* Atomic against handlers of the same thread. */
HAK_INLINE void thread_ask(enum thread_attention why)
{
    __atomic_fetch_or(&thread_tls.attention, (uint32_t)why, __ATOMIC_RELAXED);
}

/* A slow path begins with thread_enter and, when that said true, ends with thread_leave. False: a
 * signal handler has interrupted a slow path of this thread, and may not enter one. */
HAK_INLINE bool thread_enter(void)
{
    if (thread_tls.busy)
        return false;
    thread_tls.busy = true;
    atomic_signal_fence(memory_order_seq_cst);
    return true;
}

/* Inside a slow path: gives all that the thread has back, its record last. */
void thread_retire(void);

/* What the end of a slow path has to do beyond ending it. Frees what handlers deferred. A thread
 * may allocate after its exit destructor has run, in later destructors: it gets a record again, but
 * nothing would clean up behind it, so it keeps nothing beyond the slow path, and as its bins are
 * empty each call takes the slow path. Last come the signals that were put off. */
void thread_attend(void);

/* The test comes after the store: what a handler asks for before it is seen, and a handler that
 * comes later has found nobody busy. */
HAK_INLINE void thread_leave(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    thread_tls.busy = false;
    atomic_signal_fence(memory_order_seq_cst);
    if (HAK_UNLIKELY(thread_tls.attention))
        thread_attend();
}

/* A shield: for a signal handler that has interrupted malloc or free outside of a slow path,
 * between what they read and what they commit. Until it returns the handler is another thread, so
 * to speak, with empty bins and no record; then that one is retired, and the interrupted call goes
 * on with what it had. `frame` is an address in the frame of the handler's caller. NULL, and
 * nothing changed, without memory. */
struct shield *thread_shield_raise(uintptr_t frame);
/* Also takes down those above it. One that is not up any more is left alone: what it kept went to
 * the thread when it was seen that the handler had been left by a jump. */
void thread_shield_lower(struct shield *shield);

struct thread *thread_make(void);

/* Inside a slow path: this thread's record, made at the first call; NULL when there is no memory
 * for one. */
HAK_INLINE struct thread *thread_self(void)
{
    return HAK_LIKELY(thread_tls.thread != NULL) ? thread_tls.thread : thread_make();
}

/* Sets what makes the process ready, at the first call of thread_self in it, and what runs when a
 * thread ends, with its record. Set by process.c, statically. */
struct thread_hooks {
    void (*process_start)(void);
    void (*thread_end)(struct thread *);
    void (*free_deferred)(struct thread *); /* inside a slow path: see ATTEND_DEFERRED */
};
extern HAK_HIDDEN const struct thread_hooks thread_hooks;

/* Around fork: does this to each of its locks, in rising rank. */
void thread_fork(lock_step *step);

#endif
