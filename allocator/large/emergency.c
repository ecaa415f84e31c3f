#include "allocator/large/emergency.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"
#include "allocator/space/registry.h"

/* --- the reserve ----------------------------------------------------------------------------- */

enum { WORD = 64, WORDS = EMERGENCY_SLOTS / WORD };

static _Alignas(EMERGENCY_SLOT) char slots[EMERGENCY_SLOTS][EMERGENCY_SLOT];
/* A bit is set while its slot is out. The acquire of who takes a slot pairs with the release of who
 * freed it. */
static _Atomic uint64_t taken[WORDS];

static void *reserve_take(void)
{
    for (size_t word = 0; word < WORDS; word++) {
        uint64_t seen = atomic_load_explicit(&taken[word], memory_order_relaxed);
        while (~seen) {
            unsigned bit = (unsigned)__builtin_ctzll(~seen);
            if (atomic_compare_exchange_weak_explicit(&taken[word], &seen, seen | 1ull << bit,
                                                      memory_order_acquire, memory_order_relaxed))
                return memset(slots[word * WORD + bit], 0, EMERGENCY_SLOT);
        }
    }
    return NULL;
}

/* The slot that begins at p and is out; -1 for anything else. */
static int reserve_slot(const void *p)
{
    uintptr_t offset = (uintptr_t)p - (uintptr_t)slots;
    if (offset >= sizeof slots || offset % EMERGENCY_SLOT)
        return -1;
    size_t slot = offset / EMERGENCY_SLOT;
    uint64_t seen = atomic_load_explicit(&taken[slot / WORD], memory_order_relaxed);
    return seen >> slot % WORD & 1 ? (int)slot : -1;
}

/* --- mappings -------------------------------------------------------------------------------- */

/* Stands in the page before the block, in the same mapping. */
struct emergency {
    void *map_start;
    size_t map_size;
    void *user;
};

static void *map_block(size_t size, size_t alignment)
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

static struct emergency *mapped_block(const void *p)
{
    struct registry_entry entry = registry_find(p);
    struct emergency *block = entry.kind == REGISTRY_EMERGENCY ? entry.owner : NULL;
    return block && block->user == p ? block : NULL;
}

/* --- both ------------------------------------------------------------------------------------ */

void *emergency_alloc(size_t size, size_t alignment)
{
    if (size <= EMERGENCY_SLOT && alignment <= EMERGENCY_SLOT) {
        void *p = reserve_take();
        if (p)
            return p;
    }
    return map_block(size, alignment);
}

size_t emergency_usable(const void *p)
{
    if (reserve_slot(p) >= 0)
        return EMERGENCY_SLOT;
    const struct emergency *block = mapped_block(p);
    return block ? (size_t)((char *)block->map_start + block->map_size - (char *)block->user) : 0;
}

bool emergency_free(void *p)
{
    int slot = reserve_slot(p);
    struct emergency *block = slot < 0 ? mapped_block(p) : NULL;
    if (slot >= 0) {
        uint64_t bit = 1ull << slot % WORD;
        atomic_fetch_and_explicit(&taken[slot / WORD], ~bit, memory_order_release);
    } else if (block) {
        registry_remove(block->user);
        os_unmap(block->map_start, block->map_size);
    }
    return slot >= 0 || block != NULL;
}
