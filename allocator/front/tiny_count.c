#include "allocator/front/tiny.h"

#include "allocator/space/superslab.h"

#if HAK_FRONT_CACHE

static uint64_t length_of(const struct thread *thread, unsigned class)
{
    const struct tls_bin *bin = &thread_tls.bins[class + 1];
    bool is_open = thread->cache[class] && bin->top != thread_no_bin().top;
    return thread->spill[class].count + (is_open ? (uint64_t)(bin->top - thread->cache[class]) : 0);
}

#else

/* The length is known to within a few blocks: see struct thread. */
static uint64_t length_of(const struct thread *thread, unsigned class)
{
    const struct tls_bin *bin = &thread_tls.bins[class + 1];
    int64_t length = thread->balance[class] - bin->room;
    return bin->head && length > 0 ? (uint64_t)length : 0;
}

#endif

struct tiny_count tiny_count(const struct thread *thread)
{
    struct tiny_count count = {0};
    for (unsigned class = 0; class < HAK_CLASSES; class ++) {
        const struct slab *current = thread->current[class];
        uint64_t length = length_of(thread, class) + (current ? current->free_count : 0);
        count.blocks += length;
        count.bytes += length * size_classes[class].stride;
    }
    for (uint32_t i = 0; i < thread->shelf.count; i++)
        count.shelf_bytes += thread->shelf.place[i].bytes;
    return count;
}
