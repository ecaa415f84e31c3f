#include "allocator/space/arena.h"

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"

#define CHUNK     (256ul << 10)
#define RANK_LAST 255

static struct os_lock arena_lock = {.rank = RANK_LAST};
static char *chunk_next, *chunk_end;

void *arena_take(size_t size)
{
    size = (size + 63) & ~63ul;
    lock_acquire(&arena_lock);
    if ((size_t)(chunk_end - chunk_next) < size) {
        size_t bytes = size > CHUNK ? (size + HAK_PAGE - 1) & ~(HAK_PAGE - 1) : CHUNK;
        char *chunk = os_map(NULL, bytes);
        if (chunk) {
            chunk_next = chunk;
            chunk_end = chunk + bytes;
        }
    }
    char *taken = NULL;
    if ((size_t)(chunk_end - chunk_next) >= size) {
        taken = chunk_next;
        chunk_next += size;
    }
    lock_release(&arena_lock);
    return taken;
}

void arena_fork(lock_step *step)
{
    step(&arena_lock);
}
