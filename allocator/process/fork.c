#include "allocator/process/fork.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/diagnostics/trace.h"
#include "allocator/front/thread.h"
#include "allocator/large/ace.h"
#include "allocator/large/huge.h"
#include "allocator/large/span.h"
#include "allocator/process/signals.h"
#include "allocator/slabs/pool.h"
#include "allocator/space/arena.h"

/* glibc's; fork takes it again, as it may be taken more than once. */
extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));
extern void _IO_list_resetlock(void) __attribute__((weak));

/* Of a fork that this thread is in. */
static __thread struct {
    uint64_t mask;
    bool taken;   /* our locks; not when a slow path was interrupted */
    bool streams; /* the C library's list of streams */
} state;

/* Held while the C library's list of handlers may grow, which allocates under a lock that fork
 * takes after our handler. */
static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER;
static bool registered;

/* The one place that holds several locks. Meanwhile this thread counts as being inside a slow path.
 */
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

static void prepare(void)
{
    state.mask = os_set_signal_mask(UINT64_MAX);
    state.taken = thread_enter();
    if (!state.taken)
        return;
    pthread_mutex_lock(&registering);
    signals_fork_prepare();
    /* A process of one thread has nobody to wait for; and if this is a handler that has interrupted
     * the C library, the lock stays as it is in the child. */
    state.streams = _IO_list_lock && os_has_threads();
    if (state.streams)
        _IO_list_lock();
    step_all(lock_acquire_nested);
}

static void end(void)
{
    signals_fork_end();
    pthread_mutex_unlock(&registering);
    thread_leave();
}

static void parent(void)
{
    if (state.taken) {
        step_all(lock_release_nested);
        if (state.streams)
            _IO_list_unlock();
        end();
    }
    (void)os_set_signal_mask(state.mask);
}

/* The child has only this thread. What other threads held is theirs no more and simply lost to the
 * child. The list of streams was reset by fork, unless the second thread came after it had looked.
 */
static void child(void)
{
    signals_fork_child();
    if (state.taken) {
        step_all(lock_reset);
        if (state.streams)
            _IO_list_resetlock();
    }
    kpi_fork_child();
    ace_trace_fork_child();
    if (HAK_TRACE)
        trace_fork_child();
    if (state.taken)
        end();
    (void)os_set_signal_mask(state.mask);
}

/* The handlers belong to no object: so they stay when ours is finalised, and a fork in somebody's
 * atexit function has them. */
static int add(void (*before)(void), void (*in_parent)(void), void (*in_child)(void), void *object)
{
#ifdef __GLIBC__
    static int (*next)(void (*)(void), void (*)(void), void (*)(void), void *);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "__register_atfork");
    return next ? next(before, in_parent, in_child, object) : ENOMEM;
#else
    (void)object;
    return pthread_atfork(before, in_parent, in_child);
#endif
}

static void add_ours(void)
{
    if (!registered)
        registered = add(prepare, parent, child, NULL) == 0;
}

void fork_register(void)
{
    pthread_mutex_lock(&registering);
    add_ours();
    pthread_mutex_unlock(&registering);
}

int fork_register_others(void (*before)(void), void (*in_parent)(void), void (*in_child)(void),
                         void *dso_handle)
{
    pthread_mutex_lock(&registering);
    add_ours();
    int error = add(before, in_parent, in_child, dso_handle);
    pthread_mutex_unlock(&registering);
    return error;
}
