#include "allocator/diagnostics/fail.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "allocator/base/os.h"
#include "allocator/base/text.h"
#include "allocator/diagnostics/kpi.h"

static const struct {
    const char *layer, *tag;
} kinds[] = {
#define KIND(layer, tag) {layer, tag},
    HAK_FAIL_KINDS(KIND)
#undef KIND
};
enum { KINDS = HAK_FAIL_KIND_COUNT };

/* The counts stand in the KPI page, where they outlive the process. Free-running, each by itself:
 * together they are a snapshot only while nothing goes wrong. */
static _Atomic enum fail_policy policy_now;

void fail_set_policy(enum fail_policy policy)
{
    atomic_store_explicit(&policy_now, policy, memory_order_relaxed);
}

unsigned long fail_count(void)
{
    unsigned long sum = 0;
    for (size_t i = 0; i < KINDS; i++)
        sum += atomic_load_explicit(&kpi_page.events[i], memory_order_relaxed);
    return sum;
}

bool fail_kind_at(unsigned number, struct fail_kind *kind)
{
    if (number >= KINDS)
        return false;
    *kind = (struct fail_kind){
        .layer = kinds[number].layer,
        .tag = kinds[number].tag,
        .count = atomic_load_explicit(&kpi_page.events[number], memory_order_relaxed)};
    return true;
}

static size_t number_of(const struct fail_event *event)
{
    size_t i = 0;
    while (i < KINDS - 1 &&
           (strcmp(kinds[i].tag, event->tag) || strcmp(kinds[i].layer, event->layer)))
        i++;
    return i;
}

void fail_report(const struct fail_event *event)
{
    int saved = errno;
    atomic_fetch_add_explicit(&kpi_page.events[number_of(event)], 1, memory_order_relaxed);
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
        text_end_line(&line);
        os_write_error(line.data, line.length);
    }
    if (policy == FAIL_ABORT)
        abort();
    errno = saved;
}
