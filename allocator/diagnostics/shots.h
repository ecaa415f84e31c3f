/* Shots: how many lines a diagnostic may write about one thing, so that a busy one cannot drown the
 * others nor the program. What comes after the last one is counted only.
 *
 * One counter per thing, which runs freely: the first SHOTS_MAX events get a line. Thread-safe,
 * without a lock. */
#ifndef HAK_SHOTS_H
#define HAK_SHOTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"
#include "allocator/base/text.h"

#define SHOTS_MAX 256u

struct shots {
    _Atomic uint64_t events; /* so far, with and without a line */
};

/* One more event: the number of its shot, from 1 on, or 0 when it gets no line. */
HAK_INLINE unsigned shots_take(struct shots *shots)
{
    uint64_t before = atomic_fetch_add_explicit(&shots->events, 1, memory_order_relaxed);
    return before < SHOTS_MAX ? (unsigned)before + 1 : 0;
}

HAK_INLINE uint64_t shots_suppressed(const struct shots *shots)
{
    uint64_t events = atomic_load_explicit(&shots->events, memory_order_relaxed);
    return events > SHOTS_MAX ? events - SHOTS_MAX : 0;
}

/* A child process begins anew: what the parent counted is the parent's to tell. */
HAK_INLINE void shots_reset(struct shots *shots)
{
    atomic_store_explicit(&shots->events, 0, memory_order_relaxed);
}

/* Ends and writes the line of a shot; the last one says that it is the last. */
static inline void shots_write(struct text *line, unsigned shot)
{
    if (shot == SHOTS_MAX)
        text_add(line, " (shot 256 of 256: more are suppressed, and counted at exit)");
    text_end_line(line);
    os_write_error(line->data, line->length);
}

/* Ends and writes a line that says how many got none, if any. */
static inline void shots_write_suppressed(struct text *line, const struct shots *shots)
{
    uint64_t suppressed = shots_suppressed(shots);
    if (!suppressed)
        return;
    text_add(line, " suppressed=");
    text_add_number(line, suppressed, 10);
    text_end_line(line);
    os_write_error(line->data, line->length);
}

#endif
