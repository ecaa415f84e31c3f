/* The remote word of a slab: the free blocks that others than its holder have put back.
 *
 *     bits 63..48  number of blocks in the chain
 *     bits 47..1   the first block (blocks are 8-aligned; user space has 47 bits)
 *     bit  0       HELD: a thread holds the slab and will look here itself
 *
 * Push is a compare-and-swap of the whole word, take is one exchange of the whole chain, so a chain
 * that was taken and came back unchanged (ABA) is harmless: nobody reads a link of a block that it
 * has not taken. Release on push pairs with acquire on take: the taker sees the links. (Push
 * acquires too: it sees how far the last holder carved.) Counts travel in the word, so nobody walks
 * a list to count it. The word also decides, atomically with the push, who must tell the pool: the
 * push that crosses a threshold while HELD is clear. */
#ifndef HAK_REMOTE_H
#define HAK_REMOTE_H

#include <stdbool.h>
#include <sys/single_threaded.h>

#include "allocator/diagnostics/trace.h"
#include "allocator/layers/chain.h"
#include "allocator/layers/layers.h"
#include "allocator/space/superslab.h"

#define REMOTE_HELD    1ul
#define REMOTE_ADDRESS 0x0000fffffffffffeul

HAK_INLINE uint32_t remote_count(uint64_t word)
{
    return (uint32_t)(word >> 48);
}

HAK_INLINE uint64_t remote_word(const void *head, uint32_t count, uint64_t held)
{
    return (uint64_t)count << 48 | (uintptr_t)head | held;
}

/* Puts back the chain head .. tail of `count` blocks. Returns the word that it replaced.
 *
 * While the process has one thread (which glibc knows, and tells before a second one can run) the
 * word is changed by a plain store: no lock prefix means no wait for the stores before it, which
 * matters when blocks come back one by one in random order, each store a cache miss. A signal
 * handler does not come here while its thread does (see thread_enter), so nothing can come between
 * load and store. */
HAK_INLINE uint64_t remote_push(struct slab *slab, unsigned class, void *head, void *tail,
                                uint32_t count)
{
    uint64_t old = atomic_load_explicit(&slab->remote, memory_order_relaxed);
    uint64_t new;
    do {
        layers_link(tail, class + 1, (void *)(old & REMOTE_ADDRESS));
        trace_next(TRACE_DRAIN_REMOTE, class, tail, (void *)(old & REMOTE_ADDRESS));
        new = remote_word(head, remote_count(old) + count, old & REMOTE_HELD);
        if (__libc_single_threaded) {
            atomic_store_explicit(&slab->remote, new, memory_order_relaxed);
            return old;
        }
    } while (!atomic_compare_exchange_weak_explicit(&slab->remote, &old, new, memory_order_acq_rel,
                                                    memory_order_relaxed));
    return old;
}

/* Takes every block, and leaves the slab HELD. */
HAK_INLINE struct chain remote_take(struct slab *slab)
{
    uint64_t old = atomic_exchange_explicit(&slab->remote, REMOTE_HELD, memory_order_acquire);
    return (struct chain){.head = (void *)(old & REMOTE_ADDRESS), .count = remote_count(old)};
}

/* The holder lets go of a slab that has no free block. False, and still held, when blocks have just
 * come back. */
HAK_INLINE bool remote_let_go(struct slab *slab)
{
    uint64_t expected = REMOTE_HELD;
    return atomic_compare_exchange_strong_explicit(&slab->remote, &expected, 0,
                                                   memory_order_release, memory_order_relaxed);
}

#endif
