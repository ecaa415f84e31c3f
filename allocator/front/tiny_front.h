/* The room front: what belongs to one thread, and the hot path through it.
 *
 * Owns: a thread's bins and record (thread.h), the pop and push of malloc and free (tiny_front.h),
 * the way to the slabs and back when a bin is empty or full (tiny.h, in tiny_refill.c and
 * tiny_drain.c), and the array in front of the list where the build has one (unified_cache.h).
 * Must not know: blocks above the front's classes, but for the shelf that stands in a thread's
 * record; errno; the names that programs call. What happens when the process starts and when a
 * thread ends is given to it in one table, thread_hooks, which the room process fills.
 * Who calls in: process only. */

/* The front: what malloc and free do when nothing is in the way. Two builds of one box.
 *
 * front=sll: a bin is the TLS SLL. Pop loads head and link and stores the head; push stores the
 * link and the head. `room` counts down on a push and up on a pop, so that one subtraction answers
 * "too long?", "no record yet?" (room is 0 in a new thread) and "not a class?" (bin 0 has no room
 * ever). A refill gives the list a whole chain of unknown length and sets `room` anew.
 *
 * front=cache: a bin is the top of an array of pointers. The slot below the oldest block holds an
 * odd mark, so "empty" and "no array yet" are one test on pop; a bin without an array has top ==
 * limit, so "full" and "no array yet" are one on push.
 *
 * One store commits each operation: until it, nothing has happened. No lock, no atomic, no call;
 * only the owning thread comes here. */
#ifndef HAK_TINY_FRONT_H
#define HAK_TINY_FRONT_H

#include "allocator/diagnostics/trace.h"
#include "allocator/front/thread.h"
#include "allocator/layers/layers.h"

/* What the head layer needs to know of a bin's stride. */
HAK_INLINE uint32_t tiny_front_reciprocal(size_t bin_index)
{
#if !HAK_LAYER_HEAD
    (void)bin_index;
    return 0;
#elif HAK_FRONT_CACHE
    return head_reciprocal[bin_index - 1];
#else
    return thread_tls.bins[bin_index].reciprocal;
#endif
}

/* Traces where the bin's list begins now. */
HAK_INLINE void tiny_front_trace_head(enum trace_tag tag, size_t bin_index)
{
#if !HAK_FRONT_CACHE
    if (!HAK_TRACE)
        return;
    const struct tls_bin *bin = &thread_tls.bins[bin_index];
    const struct thread *thread = thread_tls.thread;
    int64_t length = thread ? thread->balance[bin_index - 1] - bin->room : 0;
    trace_head(tag, (unsigned)bin_index - 1, bin->head, length);
#else
    (void)tag, (void)bin_index;
#endif
}

#if !HAK_FRONT_CACHE
/* A bin with a list, after whose `room`th push it must be drained. */
HAK_INLINE void tiny_front_open(unsigned class, void *list, tls_room room)
{
    struct tls_bin *bin = &thread_tls.bins[class + 1];
#if HAK_LAYER_HEAD
    bin->reciprocal = head_reciprocal[class];
#endif
    bin->room = room;
    bin->head = list;
}
#endif

/* Takes a block of the bin into *out; false when it has none (then see tiny_refill). */
HAK_INLINE bool tiny_front_pop(size_t bin_index, void **out)
{
    struct tls_bin *bin = &thread_tls.bins[bin_index];
    if (HAK_LAYER_NEXT || HAK_LAYER_HEAD)
        HAK_KEEP(bin);
#if HAK_FRONT_CACHE
    void **top = bin->top;
    void *p = *top;
    if (HAK_UNLIKELY((uintptr_t)p & 1))
        return false;
    if (!layers_may_leave(p, bin_index))
        return false;
    bin->top = top - 1;
    layers_leave(p, bin_index);
    trace_next(TRACE_CACHE_POP, (unsigned)bin_index - 1, p, NULL);
    *out = p;
    return true;
#else
    void *p = bin->head;
    if (HAK_UNLIKELY(p == NULL))
        return false;
    void *next;
    if (HAK_UNLIKELY(!layers_may_pop(p, bin_index, &next)))
        return false;
    bin->head = next;
    bin->room++;
    layers_leave(p, bin_index);
    trace_next(TRACE_TLS_POP, (unsigned)bin_index - 1, p, next);
    tiny_front_trace_head(TRACE_TLS_POP, bin_index);
    *out = p;
    return true;
#endif
}

HAK_INLINE bool tiny_front_put(size_t bin_index, void *p, bool tested)
{
    struct tls_bin *bin = &thread_tls.bins[bin_index];
#if HAK_FRONT_CACHE
    void **top = bin->top;
    if (HAK_UNLIKELY(top == bin->limit))
        return false;
    if (HAK_UNLIKELY(!tested && !layers_may_enter(p, bin_index, tiny_front_reciprocal(bin_index))))
        return false;
    if (HAK_LAYER_HEAD)
        layers_link(p, bin_index, NULL);
    top[1] = p;
    bin->top = top + 1;
    trace_next(TRACE_CACHE_PUSH, (unsigned)bin_index - 1, p, NULL);
    return true;
#else
    tls_room room = bin->room - 1;
    if (HAK_UNLIKELY(room < 0))
        return false;
    if (HAK_UNLIKELY(!tested && !layers_may_enter(p, bin_index, tiny_front_reciprocal(bin_index))))
        return false;
    bin->room = room;
    layers_link(p, bin_index, bin->head);
    trace_next(TRACE_TLS_PUSH, (unsigned)bin_index - 1, p, bin->head);
    bin->head = p;
    tiny_front_trace_head(TRACE_TLS_PUSH, bin_index);
    return true;
#endif
}

/* Puts a block into the bin; false, and nothing done, when the bin does not take it (then see
 * tiny_drain) or a layer finds that it must not. */
HAK_INLINE bool tiny_front_push(size_t bin_index, void *p)
{
    return tiny_front_put(bin_index, p, false);
}

#endif
