#include "allocator/process/alloc.h"

#include <errno.h>
#include <string.h>

#include "allocator/base/os.h"
#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/fail.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/front/tiny.h"
#include "allocator/large/ace.h"
#include "allocator/large/emergency.h"
#include "allocator/large/huge.h"
#include "allocator/large/span.h"
#include "allocator/layers/layers_test.h"
#include "allocator/process/foreign.h"
#include "allocator/slabs/purge.h"

/* --- what a pointer is -------------------------------------------------------------------- */

enum block_kind {
    BLOCK_NONE,
    BLOCK_FRONT,
    BLOCK_ACE,
    BLOCK_SPAN,
    BLOCK_HUGE,
    BLOCK_EMERGENCY,
    BLOCK_FOREIGN
};

struct block {
    enum block_kind kind;
    unsigned class; /* FRONT */
    size_t usable;  /* bytes */
    void *record;   /* HUGE */
};

static struct block front_block(unsigned class)
{
    return (struct block){
        .kind = BLOCK_FRONT, .class = class, .usable = size_classes[class].usable};
}

static struct block superslab_block(const struct superslab *superslab, const void *p)
{
    if (superslab->kind == SUPERSLAB_ACE) {
        size_t usable = ace_usable(p);
        return (struct block){.kind = usable ? BLOCK_ACE : BLOCK_NONE, .usable = usable};
    }
    /* A SuperSlab outside of the window, which the class map does not know; or nothing of ours. */
    const struct slab *slab = slab_of(p);
    if ((const void *)slab == superslab || slab_state(slab) == SLAB_EMPTY)
        return (struct block){.kind = BLOCK_NONE};
    return front_block(slab_class(slab));
}

/* Of libc's own malloc, or nothing that anybody knows. */
static struct block foreign_block(const void *p)
{
    size_t usable = foreign_usable(p);
    return (struct block){.kind = usable ? BLOCK_FOREIGN : BLOCK_NONE, .usable = usable};
}

static struct block identify(const void *p)
{
    unsigned bin = registry_bin(p);
    if (HAK_LIKELY(bin != 0))
        return front_block(bin - 1);
    size_t span = span_usable(p);
    if (span)
        return (struct block){.kind = BLOCK_SPAN, .usable = span};
    struct registry_entry entry = registry_find(p);
    switch (entry.kind) {
    case REGISTRY_SUPERSLAB:
        return superslab_block(entry.owner, p);
    case REGISTRY_HUGE:
        if (huge_begins_at(entry.owner, p))
            return (struct block){
                .kind = BLOCK_HUGE, .usable = huge_usable(entry.owner), .record = entry.owner};
        break;
    case REGISTRY_EMERGENCY:
    case REGISTRY_NONE:
        break;
    }
    size_t emergency = emergency_usable(p);
    if (emergency)
        return (struct block){.kind = BLOCK_EMERGENCY, .usable = emergency};
    if (entry.kind == REGISTRY_NONE && registry_offset(p) >= HAK_WINDOW)
        return foreign_block(p);
    return (struct block){.kind = BLOCK_NONE};
}

static void report_unknown(const char *tag, const char *action, const void *p)
{
    struct registry_entry entry = registry_find(p);
    fail_report(
        &(struct fail_event){.tag = tag,
                             .layer = "registry",
                             .action = action,
                             .address = p,
                             .superslab = entry.kind == REGISTRY_SUPERSLAB ? entry.owner : NULL,
                             .class = -1});
}

/* --- slow paths ------------------------------------------------------------------------------- */

/* The thread ages, and what is idle goes back. Returns the time on the coarse clock. */
static uint64_t tick(struct thread *thread)
{
    uint64_t now = purge_tick();
    tiny_age(thread, now);
    return now;
}

/* False when p is no block of ACE's. */
static bool free_to_shelf(struct thread *thread, void *p)
{
    struct registry_entry entry = registry_find(p);
    if (entry.kind != REGISTRY_SUPERSLAB ||
        ((struct superslab *)entry.owner)->kind != SUPERSLAB_ACE)
        return false;
    size_t bytes = ace_lay_aside(p);
    if (HAK_UNLIKELY(!bytes))
        return false;
    shelf_put(&thread->shelf, p, bytes);
    if (HAK_UNLIKELY(shelf_is_due(&thread->shelf)))
        tick(thread);
    return true;
}

static void free_inside(struct thread *thread, void *p)
{
    if (free_to_shelf(thread, p))
        return;
    struct block block = identify(p);
    switch (block.kind) {
    case BLOCK_FRONT:
        if (layers_test_enter(p, block.class) && !tiny_front_put(block.class + 1, p, true))
            tiny_drain(thread, block.class, p);
        break;
    case BLOCK_SPAN:
        if (!span_free(p, tick(thread)))
            report_unknown("FREE_UNKNOWN", "ignored", p);
        break;
    case BLOCK_HUGE:
        if (!huge_free(block.record, tick(thread)))
            report_unknown("FREE_UNKNOWN", "ignored", p);
        break;
    case BLOCK_EMERGENCY:
        (void)emergency_free(p);
        break;
    case BLOCK_FOREIGN:
        foreign_free(p);
        break;
    case BLOCK_ACE: /* another thread has freed it meanwhile, too, and it has an owner again */
    case BLOCK_NONE:
        report_unknown("FREE_UNKNOWN", "ignored", p);
        break;
    }
}

/* A signal handler has freed inside a slow path of its own thread: the block waits for the end of
 * that, or of the next one. */
static void defer(void *p)
{
    void *first = thread_tls.deferred;
    do
        *(void **)p = first;
    while (!__atomic_compare_exchange_n(&thread_tls.deferred, &first, p, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
    thread_ask(ATTEND_DEFERRED);
}

/* The list is taken in one exchange, which no handler can interrupt. */
HAK_SLOW void alloc_free_deferred(struct thread *thread)
{
    int saved = errno;
    void *p = __atomic_exchange_n(&thread_tls.deferred, NULL, __ATOMIC_RELAXED);
    while (p) {
        void *next = *(void **)p;
        free_inside(thread, p);
        p = next;
    }
    errno = saved;
}

static void *fail_enomem(void)
{
    errno = ENOMEM;
    return NULL;
}

/* Out of memory, it seems: all that is cached anywhere goes back, and the caller tries again. */
static HAK_SLOW void give_everything_back(struct thread *thread)
{
    tiny_flush(thread);
    purge_now();
    superslab_hollow_out();
    span_hollow_out();
}

static HAK_SLOW void *alloc_class_slow(unsigned class)
{
    int saved = errno;
    void *p;
    if (thread_enter()) {
        struct thread *thread = thread_self();
        p = thread ? tiny_refill(thread, class) : NULL;
        if (HAK_UNLIKELY(!p) && thread) {
            give_everything_back(thread);
            p = tiny_refill(thread, class);
        }
        thread_leave();
    } else {
        p = emergency_alloc(size_classes[class].stride, HAK_ALIGNMENT);
    }
    errno = saved;
    return HAK_LIKELY(p != NULL) ? p : fail_enomem();
}

HAK_SLOW void *alloc_front_slow(size_t size)
{
    return alloc_class_slow(size_class_of(size));
}

static void *take_big(size_t size, size_t alignment, bool *zeroed)
{
    size_t bytes = size ? size : 1;
    if (bytes <= HAK_ACE_MAX && alignment <= HAK_ACE_MAX)
        return ace_alloc(bytes, alignment, zeroed);
    if (ace_trace_is_on())
        ace_decline(bytes, alignment);
    if (bytes <= HAK_SPAN_MAX && alignment <= HAK_SLAB) {
        void *p = span_alloc(bytes, zeroed);
        if (p)
            return p;
    } else if (ace_trace_is_on()) {
        span_decline(bytes, alignment);
    }
    return huge_alloc(bytes, alignment, zeroed);
}

static HAK_OUTLINE void *alloc_big(size_t size, size_t alignment, bool *zeroed)
{
    if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX) {
        if (ace_trace_is_on())
            ace_trace_write(&(struct ace_failure){.cause = ACE_THRESHOLD,
                                                  .tier = ACE_TIER_NONE,
                                                  .class = -1,
                                                  .size = size,
                                                  .alignment = alignment});
        return fail_enomem();
    }
    int saved = errno;
    void *p;
    *zeroed = true;
    if (thread_enter()) {
        struct thread *thread = thread_self();
        p = thread ? take_big(size, alignment, zeroed) : NULL;
        if (HAK_UNLIKELY(!p) && thread) {
            give_everything_back(thread);
            p = take_big(size, alignment, zeroed);
        }
        thread_leave();
    } else {
        p = emergency_alloc(size, alignment);
    }
    errno = saved;
    return HAK_LIKELY(p != NULL) ? p : fail_enomem();
}

/* Also for a thread without a record, which has no shelf. */
static void *alloc_from_shelf(size_t size)
{
    struct thread *thread = thread_tls.thread;
    if (size > HAK_ACE_MAX || !thread || !thread_enter())
        return NULL;
    void *p = shelf_take(&thread->shelf, ace_round(size));
    if (p)
        kpi_count(thread->kpi_slot, HAK_KPI_SHELF_HITS);
    thread_leave();
    return p;
}

/* A block above the front's classes, at a multiple of a page at least. */
static void *alloc_pages(size_t size, bool *zeroed)
{
    void *p = alloc_from_shelf(size);
    *zeroed = false;
    return p ? p : alloc_big(size, HAK_ALIGNMENT, zeroed);
}

HAK_OUTLINE void *alloc_above_tiny(size_t size)
{
    if (HAK_UNLIKELY(size > HAK_FRONT_MAX)) {
        bool zeroed;
        return alloc_pages(size, &zeroed);
    }
    size_t class = size_class_wide(size);
    void *p;
    if (HAK_UNLIKELY(!tiny_front_pop(class + 1, &p)))
        return alloc_front_slow(size);
    return p;
}

HAK_OUTLINE void alloc_free_slow(void *p)
{
    if (!p)
        return;
    int saved = errno;
    if (thread_enter()) {
        struct thread *thread = thread_self();
        /* Without memory for a record the thread has no lists: the block is lost, the program goes
         * on. */
        if (thread)
            free_inside(thread, p);
        thread_leave();
    } else if (!emergency_free(p)) {
        /* An emergency block needs no lock, so it goes at once; anything else waits. */
        defer(p);
    }
    errno = saved;
}

/* --- the rest of the interface ------------------------------------------------------------------
 */

void *hak_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return fail_enomem();
    if (HAK_LIKELY(bytes <= HAK_FRONT_MAX)) {
        unsigned class = size_class_of(bytes);
        void *p = hak_malloc(bytes);
        return p ? memset(p, 0, size_classes[class].usable) : NULL;
    }
    bool zeroed;
    void *p = alloc_pages(bytes, &zeroed);
    if (p && !zeroed)
        os_zero(p, hak_usable_size(p));
    return p;
}

/* Resizes a block where it stands, or, for a huge one, where its pages move to. NULL: it takes a
 * copy. */
static void *resize_big(const struct block *block, void *p, size_t size)
{
    void *resized = NULL;
    if (!thread_enter())
        return NULL;
    if (block->kind == BLOCK_ACE && size > HAK_FRONT_MAX && ace_resize(p, size))
        resized = p;
    else if (block->kind == BLOCK_SPAN && size > HAK_ACE_MAX && span_resize(p, size))
        resized = p;
    else if (block->kind == BLOCK_HUGE && size > HAK_SPAN_MAX && size <= PTRDIFF_MAX)
        resized = huge_resize(block->record, size);
    thread_leave();
    return resized;
}

void *hak_realloc(void *p, size_t size)
{
    if (!p)
        return hak_malloc(size);
    if (size == 0) {
        hak_free(p);
        return NULL;
    }
    int saved = errno;
    struct block block = identify(p);
    if (block.kind == BLOCK_NONE) {
        report_unknown("REALLOC_UNKNOWN", "refused", p);
        return fail_enomem();
    }
    /* A block that fits, and of which less than half would be wasted, stays. */
    if (block.kind == BLOCK_FRONT && size <= block.usable && size >= block.usable / 2)
        return p;
    void *resized = block.kind == BLOCK_FRONT ? NULL : resize_big(&block, p, size);
    errno = saved;
    if (resized)
        return resized;
    void *fresh = hak_malloc(size);
    if (!fresh)
        return NULL;
    memcpy(fresh, p, size < block.usable ? size : block.usable);
    hak_free(p);
    return fresh;
}

/* A block that realloc made smaller may have stayed, as long as half of it is used. */
void hak_free_sized(void *p, size_t size)
{
    if (HAK_LAYER_HEAD && p) {
        struct block block = identify(p);
        bool fits = size <= block.usable;
        bool small = size < block.usable / 2 && block.kind == BLOCK_FRONT &&
                     size_class_of(size) != block.class;
        if (block.kind != BLOCK_NONE && (!fits || small))
            layers_report_size(p, block.kind == BLOCK_FRONT ? (int)block.class : -1);
    }
    hak_free(p);
}

void *hak_aligned_alloc(size_t alignment, size_t size)
{
    unsigned class = size_class_aligned(size, alignment);
    if (class < HAK_CLASSES) {
        void *p;
        return tiny_front_pop(class + 1, &p) ? p : alloc_class_slow(class);
    }
    bool zeroed;
    return alignment <= HAK_PAGE ? alloc_pages(size, &zeroed) : alloc_big(size, alignment, &zeroed);
}

size_t hak_usable_size(const void *p)
{
    struct block block = p ? identify(p) : (struct block){.kind = BLOCK_NONE};
    if (p && block.kind == BLOCK_NONE)
        report_unknown("USABLE_UNKNOWN", "taken for 0 bytes", p);
    return block.usable;
}

uint64_t hak_trim(void)
{
    uint64_t bytes = 0;
    if (thread_enter()) {
        struct thread *thread = thread_self();
        if (thread) {
            tiny_flush(thread);
            bytes = purge_now();
        }
        thread_leave();
    }
    return bytes;
}
