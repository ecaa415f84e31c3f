#include "allocator/front/thread.h"

#include <pthread.h>
#include <string.h>

#include "allocator/base/os.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/space/arena.h"

#define RANK_THREAD 1

#if HAK_FRONT_CACHE
/* An array that is empty and full at once, for bins that have none yet. */
static void *no_cache[1] = {(void *)1};
__thread struct thread_tls thread_tls = {
    .bins = {[0 ... HAK_CLASSES] = {.top = no_cache, .limit = no_cache}}};

struct tls_bin thread_no_bin(void)
{
    return (struct tls_bin){.top = no_cache, .limit = no_cache};
}
#else
__thread struct thread_tls thread_tls;
#endif

static struct os_lock reuse_lock = {.rank = RANK_THREAD};
static struct thread *reuse_list;
static pthread_key_t exit_key;
static bool have_exit_key;
static _Atomic bool process_started;

void thread_retire(void)
{
    struct thread *thread = thread_tls.thread;
    if (!thread)
        return;
    thread_hooks.thread_end(thread);
    thread_tls.thread = NULL;
    lock_acquire(&reuse_lock);
    thread->next = reuse_list;
    reuse_list = thread;
    lock_release(&reuse_lock);
}

static void at_exit(void *argument)
{
    (void)argument;
    if (!thread_enter())
        return; /* cannot be: destructors run outside of slow paths */
    thread_tls.ended = true;
    thread_leave();
}

/* Threads may race here: the first does the work, under the lock, and the others wait for it. */
static HAK_SLOW void start_process(void)
{
    lock_acquire(&reuse_lock);
    if (!atomic_load_explicit(&process_started, memory_order_relaxed)) {
        thread_hooks.process_start();
        have_exit_key = pthread_key_create(&exit_key, at_exit) == 0;
        atomic_store_explicit(&process_started, true, memory_order_release);
    }
    lock_release(&reuse_lock);
}

HAK_SLOW struct thread *thread_make(void)
{
    hak_assert(thread_tls.busy);
    if (!atomic_load_explicit(&process_started, memory_order_acquire))
        start_process();
    lock_acquire(&reuse_lock);
    struct thread *thread = reuse_list;
    if (thread)
        reuse_list = thread->next;
    lock_release(&reuse_lock);
    if (!thread) {
        thread = arena_take(sizeof *thread);
        if (!thread)
            return NULL;
        thread->kpi_slot = kpi_take_slot();
    }
    thread->next = NULL;
    thread_tls.thread = thread;
    /* May allocate, so the record stands already. */
    if (have_exit_key && !thread_tls.ended)
        pthread_setspecific(exit_key, thread);
    return thread;
}

void thread_fork(lock_step *step)
{
    step(&reuse_lock);
}
