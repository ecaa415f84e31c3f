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

#include "allocator/thread.h"

/* Takes a block of the bin into *out; false when it has none (then see tiny_refill). */
HAK_INLINE bool tiny_front_pop(size_t bin_index, void **out)
{
    struct tls_bin *bin = &thread_tls.bins[bin_index];
#if HAK_FRONT_CACHE
    void **top = bin->top;
    void *p = *top;
    if (HAK_UNLIKELY((uintptr_t)p & 1))
        return false;
    bin->top = top - 1;
    *out = p;
    return true;
#else
    void *p = bin->head;
    if (HAK_UNLIKELY(p == NULL))
        return false;
    bin->head = layout_next((hak_user){p});
    bin->room++;
    *out = p;
    return true;
#endif
}

/* Puts a block into the bin; false, and nothing done, when the bin does not take it (then see
 * tiny_drain). */
HAK_INLINE bool tiny_front_push(size_t bin_index, void *p)
{
    struct tls_bin *bin = &thread_tls.bins[bin_index];
#if HAK_FRONT_CACHE
    void **top = bin->top;
    if (HAK_UNLIKELY(top == bin->limit))
        return false;
    top[1] = p;
    bin->top = top + 1;
    return true;
#else
    int64_t room = bin->room - 1;
    if (HAK_UNLIKELY(room < 0))
        return false;
    bin->room = room;
    layout_set_next((hak_user){p}, bin->head);
    bin->head = p;
    return true;
#endif
}

#endif
