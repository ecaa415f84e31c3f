/* List tracing: one line on stderr for every operation on a list of free blocks.
 *
 * Compiled in by -DHAK_TRACE=1 only (make trace); in any other build the hooks below are empty and
 * the rest of the Box does not exist. Switched on by HAKMEM_TRACE=1.
 *
 *     hakmem: [TLS_SLL_NEXT] tag=tls_push class=3 block=0x... next=0x... thread=17
 *     hakmem: [TLS_SLL_HEAD_SET] tag=tls_push class=3 head=0x... count=9 thread=17 backtrace=...
 *
 * Each kind of line has SHOTS_MAX shots per (tag, class). Made in a buffer on the stack and written
 * with write(2): no malloc, no stdio, no lock; keeps errno. The backtrace is that of
 * _Unwind_Backtrace, which with glibc 2.35 and later finds its tables without a lock; should it
 * allocate all the same (as it may for code that was generated at run time), what that does to
 * lists is traced without a backtrace. So a hook stands where its list is whole. Thread-safe,
 * also in signal handlers. */
#ifndef HAK_TRACE_H
#define HAK_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "allocator/base/compiler.h"

/* What is done to a list. In this order they stand in the table of names. */
enum trace_tag {
    TRACE_TLS_PUSH,      /* a block enters the TLS SLL */
    TRACE_TLS_POP,       /* and leaves it */
    TRACE_TLS_POP_CLEAR, /* the TLS SLL is emptied at once: a flush, or it is dropped as corrupt */
    TRACE_BULK_PUSH,     /* from the unified cache to the TLS SLL behind it */
    TRACE_BULK_POP,      /* and back */
    TRACE_CACHE_PUSH,    /* a block enters the array of the unified cache */
    TRACE_CACHE_POP,     /* and leaves it */
    TRACE_REFILL,        /* a chain of a slab comes to be the thread's list */
    TRACE_CARVE,         /* a fresh block is linked to the next one */
    TRACE_DRAIN,         /* a run of a list goes back to the slab that the thread holds */
    TRACE_DRAIN_REMOTE,  /* or to another one */
    TRACE_RELEASE,       /* a thread's slab goes back to the pool, with its list */
    TRACE_TAGS
};

#define TRACE_NO_CLASS    (-1)
#define TRACE_EVERY_CLASS (-2)

struct trace_settings {
    bool on;
    int next_class;    /* [TLS_SLL_NEXT] of this class, or one of the two above */
    char next_tag[32]; /* and of the tags that contain this */
    int head_class;    /* [TLS_SLL_HEAD_SET] of this class, or TRACE_NO_CLASS */
};

/* Only where HAK_TRACE is 1: */
extern HAK_HIDDEN bool trace_on;
void trace_start(const struct trace_settings *settings);
/* In the child after a fork: its shots and counts begin anew. */
void trace_fork_child(void);
void trace_write_next(enum trace_tag tag, unsigned class, const void *block, const void *next);
void trace_write_head(enum trace_tag tag, unsigned class, const void *head, int64_t count);

/* The link of `block` now leads to `next` (or, on a pop, led there when the block left). */
HAK_INLINE void trace_next(enum trace_tag tag, unsigned class, const void *block, const void *next)
{
    if (HAK_TRACE && HAK_UNLIKELY(trace_on))
        trace_write_next(tag, class, block, next);
}

/* The thread's list of the class now begins at `head` and has `count` blocks. */
HAK_INLINE void trace_head(enum trace_tag tag, unsigned class, const void *head, int64_t count)
{
    if (HAK_TRACE && HAK_UNLIKELY(trace_on))
        trace_write_head(tag, class, head, count);
}

#endif
