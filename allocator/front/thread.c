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

struct tls_bin thread_no_bin(void)
{
    return (struct tls_bin){.head = NULL};
}
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

/* --- shields ---------------------------------------------------------------------------------- */

struct shield {
    struct tls_bin bins[HAK_CLASSES + 1];
    struct thread *thread;
    struct shield *outer; /* or the next one on the list of those to be reused */
    uintptr_t frame;
    bool alternate;
};
static struct shield *spare_shields; /* under the reuse lock */

/* A handler may come between the load and the store of `attention |= bit`, and what it asks for
 * must not be lost. */
static void thread_done(uint32_t bits)
{
    __atomic_fetch_and(&thread_tls.attention, ~bits, __ATOMIC_RELAXED);
}

struct shield *thread_shield_raise(uintptr_t frame)
{
    if (!thread_enter())
        return NULL;
    lock_acquire(&reuse_lock);
    struct shield *shield = spare_shields;
    if (shield)
        spare_shields = shield->outer;
    lock_release(&reuse_lock);
    if (!shield)
        shield = arena_take(sizeof *shield);
    if (shield) {
        memcpy(shield->bins, thread_tls.bins, sizeof shield->bins);
        shield->thread = thread_tls.thread;
        shield->outer = thread_tls.shield;
        shield->frame = frame;
        shield->alternate = os_on_signal_stack();
        for (size_t bin = 0; bin <= HAK_CLASSES; bin++)
            thread_tls.bins[bin] = thread_no_bin();
        thread_tls.thread = NULL;
        thread_tls.shield = shield;
        thread_ask(ATTEND_SHIELD);
    }
    thread_leave();
    return shield;
}

/* Inside a slow path: retires what the thread has become and makes it again what it was. */
static void shield_take_down(void)
{
    struct shield *shield = thread_tls.shield;
    thread_retire();
    memcpy(thread_tls.bins, shield->bins, sizeof shield->bins);
    thread_tls.thread = shield->thread;
    thread_tls.shield = shield->outer;
    if (!thread_tls.shield)
        thread_done(ATTEND_SHIELD);
    lock_acquire(&reuse_lock);
    shield->outer = spare_shields;
    spare_shields = shield;
    lock_release(&reuse_lock);
}

static bool shield_is_up(const struct shield *shield)
{
    const struct shield *up = thread_tls.shield;
    while (up && up != shield)
        up = up->outer;
    return up != NULL;
}

void thread_shield_lower(struct shield *shield)
{
    if (!thread_enter())
        return;
    while (shield_is_up(shield)) {
        const bool last = thread_tls.shield == shield;
        shield_take_down();
        if (last)
            break;
    }
    thread_leave();
}

/* Has its handler been left by siglongjmp or an exception? On the stack where it ran, whoever calls
 * now would stand below its frame; where that cannot be said it counts as up. That the interrupted
 * call went no further is what makes it safe to take the bins back: until the store that commits an
 * operation, nothing has happened. */
static bool shield_is_left(const struct shield *shield, uintptr_t here, bool alternate)
{
    const uintptr_t far = (uintptr_t)8 << 20; /* of one stack, most likely */
    if (shield->alternate != alternate)
        return shield->alternate;
    return here > shield->frame && here - shield->frame < far;
}

static void shield_collect(void)
{
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    const bool alternate = os_on_signal_stack();
    while (thread_tls.shield && shield_is_left(thread_tls.shield, here, alternate))
        shield_take_down();
}

/* --- the end of a thread, and of a slow path -------------------------------------------------- */

static void at_exit(void *argument)
{
    (void)argument;
    if (!thread_enter())
        return; /* cannot be: destructors run outside of slow paths */
    while (thread_tls.shield)
        shield_take_down();
    thread_tls.ended = true;
    thread_ask(ATTEND_ENDED);
    thread_leave();
}

HAK_SLOW void thread_attend(void)
{
    while ((thread_tls.attention & ~ATTEND_SIGNAL) && thread_enter()) {
        const uint32_t asked = thread_tls.attention;
        /* Without a record, which there was no memory for, they wait for a better time. */
        if ((asked & ATTEND_DEFERRED) && thread_self()) {
            thread_done(ATTEND_DEFERRED);
            thread_hooks.free_deferred(thread_tls.thread);
        }
        if (asked & ATTEND_SHIELD)
            shield_collect();
        if (thread_tls.ended)
            thread_retire();
        atomic_signal_fence(memory_order_seq_cst);
        thread_tls.busy = false;
        atomic_signal_fence(memory_order_seq_cst);
        if (!(thread_tls.attention & ~asked))
            break;
    }
    if (thread_tls.attention & ATTEND_SIGNAL) {
        const uint64_t mask = thread_tls.signal_mask;
        thread_done(ATTEND_SIGNAL);
        (void)os_set_signal_mask(mask);
    }
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
