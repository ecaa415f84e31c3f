#include "allocator/process/process.h"

#include <pthread.h>

#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/fail.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/diagnostics/trace.h"
#include "allocator/front/tiny.h"
#include "allocator/large/ace.h"
#include "allocator/large/huge.h"
#include "allocator/large/span.h"
#include "allocator/layers/layers_test.h"
#include "allocator/process/prewarm.h"
#include "allocator/process/settings.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/arena.h"
#include "allocator/space/window.h"

static unsigned prewarmed;

static void process_start(void)
{
    size_class_init();
    layers_init();
    window_init();
    span_init();
}

const struct thread_hooks thread_hooks = {.process_start = process_start, .thread_end = tiny_flush};

/* The one place that holds several locks: all of them, in rising rank. Meanwhile this thread counts
 * as being inside a slow path, so a handler of another library that allocates gets an emergency
 * block instead of a deadlock. */
static void step_all(lock_step *step)
{
    thread_fork(step);
    pool_fork(step);
    superslab_fork(step);
    ace_fork(step);
    span_fork(step);
    huge_fork(step);
    arena_fork(step);
}

static void fork_prepare(void)
{
    thread_tls.busy = true;
    step_all(lock_acquire_nested);
}

static void fork_parent(void)
{
    step_all(lock_release_nested);
    thread_tls.busy = false;
}

/* The child has only this thread. What other threads held is theirs no more and simply lost to the
 * child. */
static void fork_child(void)
{
    step_all(lock_reset);
    kpi_fork_child();
    ace_trace_fork_child();
    if (HAK_TRACE)
        trace_fork_child();
    thread_tls.busy = false;
}

void hak_start(void)
{
    struct settings settings = settings_read();
    if (settings.kpi_descriptor >= 0)
        kpi_start(settings.kpi_descriptor);
    fail_set_policy(settings.on_corruption);
    ace_trace_start(settings.ace_trace);
    if (HAK_TRACE)
        trace_start(&settings.trace);
    pthread_atfork(fork_prepare, fork_parent, fork_child);
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
