#include "allocator/large/emergency.h"

#include <stdint.h>

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"
#include "allocator/space/registry.h"

/* Stands in the page before the block, in the same mapping. */
struct emergency {
    void *map_start;
    size_t map_size;
    void *user;
};

void *emergency_alloc(size_t size, size_t alignment)
{
    /* The block begins on a unit of the registry, so that no other block shares the unit. */
    if (alignment < HAK_SUPERSLAB)
        alignment = HAK_SUPERSLAB;
    size_t map_size = ((size + HAK_PAGE - 1) & ~(HAK_PAGE - 1)) + alignment + HAK_PAGE;
    if (map_size < size)
        return NULL;
    char *start = os_map(NULL, map_size);
    if (!start)
        return NULL;
    char *user = (char *)(((uintptr_t)start + HAK_PAGE + alignment - 1) & ~(alignment - 1));
    struct emergency *block = (struct emergency *)(user - HAK_PAGE);
    *block = (struct emergency){.map_start = start, .map_size = map_size, .user = user};
    if (!registry_insert(user, REGISTRY_EMERGENCY, block)) {
        os_unmap(start, map_size);
        return NULL;
    }
    return user;
}

bool emergency_begins_at(const struct emergency *block, const void *p)
{
    return block->user == p;
}

size_t emergency_usable(const struct emergency *block)
{
    return (size_t)((char *)block->map_start + block->map_size - (char *)block->user);
}

void emergency_free(struct emergency *block)
{
    registry_remove(block->user);
    os_unmap(block->map_start, block->map_size);
}
