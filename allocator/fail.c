#include "allocator/fail.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "allocator/os.h"
#include "allocator/text.h"

static _Atomic unsigned long events;
static _Atomic enum fail_policy policy_now;

void fail_set_policy(enum fail_policy policy)
{
    atomic_store_explicit(&policy_now, policy, memory_order_relaxed);
}

unsigned long fail_count(void)
{
    return atomic_load_explicit(&events, memory_order_relaxed);
}

void fail_report(const struct fail_event *event)
{
    int saved = errno;
    atomic_fetch_add_explicit(&events, 1, memory_order_relaxed);
    enum fail_policy policy = atomic_load_explicit(&policy_now, memory_order_relaxed);
    if (policy != FAIL_COUNT) {
        struct text line = {.length = 0};
        text_add(&line, "hakmem: [");
        text_add(&line, event->tag);
        text_add(&line, "] address=");
        text_add_number(&line, (uintptr_t)event->address, 16);
        text_add(&line, " class=");
        if (event->class >= 0)
            text_add_number(&line, (uint64_t)event->class, 10);
        else
            text_add(&line, "none");
        text_add(&line, " superslab=");
        text_add_number(&line, (uintptr_t)event->superslab, 16);
        text_add(&line, " layer=");
        text_add(&line, event->layer);
        text_add(&line, " action=");
        text_add(&line, policy == FAIL_ABORT ? "aborted" : event->action);
        text_add(&line, "\n");
        os_write_error(line.data, line.length);
    }
    if (policy == FAIL_ABORT)
        abort();
    errno = saved;
}
