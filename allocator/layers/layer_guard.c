#include "allocator/layers/layer_guard.h"

#include "allocator/base/os.h"
#include "allocator/diagnostics/fail.h"

#define RANK_GUARD 120 /* above the classes' locks, below the stock's */

static struct os_lock lock = {.rank = RANK_GUARD};
static struct slab *waiting; /* linked by `next`, which an unlisted slab does not use */
static uint64_t deferred_count, waiting_count;

void guard_defer(struct slab *slab)
{
    lock_acquire(&lock);
    bool first = !slab->set_aside;
    if (first) {
        slab->set_aside = true;
        slab->next = waiting;
        waiting = slab;
        waiting_count++;
        deferred_count++;
    }
    lock_release(&lock);
    if (first)
        fail_report(&(struct fail_event){.tag = "RELEASE_DEFERRED",
                                         .layer = "guard",
                                         .action = "kept",
                                         .address = slab_start(slab),
                                         .superslab = superslab_of(slab),
                                         .class = (int)slab_class(slab)});
}

/* The first slab that is not pinned any more, off the list; NULL when there is none. */
static struct slab *take_unpinned(void)
{
    struct slab *found = NULL;
    lock_acquire(&lock);
    for (struct slab **link = &waiting; *link; link = &(*link)->next)
        if (!guard_holds(*link)) {
            found = *link;
            *link = found->next;
            found->set_aside = false;
            waiting_count--;
            break;
        }
    lock_release(&lock);
    return found;
}

void guard_retry(void (*release)(struct slab *slab, unsigned class))
{
    struct slab *slab;
    while (HAK_LAYER_GUARD && (slab = take_unpinned()))
        release(slab, slab_class(slab));
}

uint64_t guard_deferred(void)
{
    lock_acquire(&lock);
    uint64_t count = deferred_count;
    lock_release(&lock);
    return count;
}

uint64_t guard_waiting(void)
{
    lock_acquire(&lock);
    uint64_t count = waiting_count;
    lock_release(&lock);
    return count;
}

void guard_fork(lock_step *step)
{
    step(&lock);
}
