#include "allocator/diagnostics/ace_trace.h"

#include <errno.h>

#include "allocator/diagnostics/shots.h"

static const char *const causes[ACE_CAUSES] = {"Threshold", "Exhaustion", "MapFail"};
static const char *const tiers[ACE_TIERS] = {"ace", "span", "huge", "none"};

_Atomic bool ace_trace_on;
static struct shots shots[ACE_CAUSES][ACE_TIERS];

void ace_trace_start(bool on)
{
    atomic_store_explicit(&ace_trace_on, on, memory_order_relaxed);
}

void ace_trace_fork_child(void)
{
    for (unsigned cause = 0; cause < ACE_CAUSES; cause++)
        for (unsigned tier = 0; tier < ACE_TIERS; tier++)
            shots_reset(&shots[cause][tier]);
}

static void begin(struct text *line, enum ace_cause cause, enum ace_tier tier)
{
    text_add(line, "hakmem: [ACE_TRACE] cause=");
    text_add(line, causes[cause]);
    text_add(line, " tier=");
    text_add(line, tiers[tier]);
}

static void add_bytes(struct text *line, const char *key, uint64_t bytes)
{
    text_add(line, key);
    text_add_number(line, bytes, 10);
}

void ace_trace_write(const struct ace_failure *failure)
{
    unsigned shot = shots_take(&shots[failure->cause][failure->tier]);
    if (!shot)
        return;
    int saved = errno;
    struct text line = {.length = 0};
    begin(&line, failure->cause, failure->tier);
    add_bytes(&line, " size=", failure->size);
    if (failure->alignment)
        add_bytes(&line, " alignment=", failure->alignment);
    text_add(&line, " class=");
    if (failure->class >= 0)
        text_add_number(&line, (uint64_t)failure->class, 10);
    else
        text_add(&line, "none");
    add_bytes(&line, " used=", failure->used);
    add_bytes(&line, " cached=", failure->cached);
    add_bytes(&line, " mapped=", failure->mapped);
    shots_write(&line, shot);
    errno = saved;
}

__attribute__((destructor(101))) static void tell_suppressed(void)
{
    if (!atomic_load_explicit(&ace_trace_on, memory_order_relaxed))
        return;
    for (unsigned cause = 0; cause < ACE_CAUSES; cause++)
        for (unsigned tier = 0; tier < ACE_TIERS; tier++) {
            struct text line = {.length = 0};
            begin(&line, (enum ace_cause)cause, (enum ace_tier)tier);
            shots_write_suppressed(&line, &shots[cause][tier]);
        }
}
