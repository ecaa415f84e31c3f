#include "allocator/process/process.h"

#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/fail.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/diagnostics/trace.h"
#include "allocator/front/tiny.h"
#include "allocator/large/span.h"
#include "allocator/layers/layers_test.h"
#include "allocator/process/alloc.h"
#include "allocator/process/deepbind.h"
#include "allocator/process/foreign.h"
#include "allocator/process/fork.h"
#include "allocator/process/prewarm.h"
#include "allocator/process/settings.h"
#include "allocator/space/superslab.h"
#include "allocator/space/window.h"

static unsigned prewarmed;
_Atomic bool deepbind_kept;

static void process_start(void)
{
    size_class_init();
    layers_init();
    window_init();
    span_init();
}

const struct thread_hooks thread_hooks = {
    .process_start = process_start, .thread_end = tiny_flush, .free_deferred = alloc_free_deferred};

void hak_start(void)
{
    struct settings settings = settings_read();
    if (settings.kpi_descriptor >= 0)
        kpi_start(settings.kpi_descriptor);
    fail_set_policy(settings.on_corruption);
    atomic_store_explicit(&deepbind_kept, settings.keep_deepbind, memory_order_relaxed);
    foreign_start();
    ace_trace_start(settings.ace_trace);
    if (HAK_TRACE)
        trace_start(&settings.trace);
    fork_register();
    if (settings.prewarm && thread_enter()) {
        struct thread *thread = thread_self();
        if (thread)
            prewarmed = prewarm(thread, settings.prewarm, settings.populate);
        thread_leave();
    }
}

unsigned hak_prewarmed(void)
{
    return prewarmed;
}
