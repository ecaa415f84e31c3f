#include "allocator/large/huge.h"

#include <stdatomic.h>

#include "allocator/base/compiler.h"
#include "allocator/base/os.h"
#include "allocator/diagnostics/ace_trace.h"
#include "allocator/diagnostics/kpi.h"
#include "allocator/space/arena.h"
#include "allocator/space/registry.h"

#define RANK_HUGE   200
#define CACHE_SLOTS 16
#define CACHE_BYTES (64ul << 20)

struct huge {
    void *start;       /* of the mapping, and the user pointer */
    size_t size;       /* of the mapping */
    _Atomic bool live; /* not in the cache; read without the lock by whoever holds a pointer */
    uint64_t since;
    struct huge *next; /* of records without a block */
};

static struct {
    struct os_lock lock;
    struct huge *spare;              /* records without a block */
    struct huge *cache[CACHE_SLOTS]; /* freed blocks, still mapped and still in the registry */
    size_t cached_bytes, used_bytes, used_blocks;
    uintptr_t hint; /* where the next mapping would be aligned, below the last one */
} huge = {.lock.rank = RANK_HUGE};

static size_t whole_pages(size_t size)
{
    return (size + HAK_PAGE - 1) & ~(HAK_PAGE - 1);
}

/* A mapping aligned to `alignment`, at least a unit. Tries first below the last one, where it
 * mostly is aligned without slack. */
static void *map_aligned(size_t size, size_t alignment)
{
    lock_acquire(&huge.lock);
    uintptr_t hint = huge.hint ? (huge.hint - size) & ~(alignment - 1) : 0;
    lock_release(&huge.lock);
    char *p = hint ? os_map((void *)hint, size) : NULL;
    if (p && (uintptr_t)p & (alignment - 1)) {
        os_unmap(p, size);
        p = NULL;
    }
    if (!p)
        p = os_map_aligned(size, alignment);
    if (p) {
        lock_acquire(&huge.lock);
        huge.hint = (uintptr_t)p;
        lock_release(&huge.lock);
    }
    return p;
}

/* The cached block that fits best, out of the cache; NULL when none fits to within a quarter. */
static struct huge *take_cached_locked(size_t size, size_t alignment)
{
    struct huge **best = NULL;
    for (struct huge **slot = huge.cache; slot < huge.cache + CACHE_SLOTS; slot++)
        if (*slot && (*slot)->size >= size && (*slot)->size - size <= size / 4 &&
            ((uintptr_t)(*slot)->start & (alignment - 1)) == 0 &&
            (!best || (*slot)->size < (*best)->size))
            best = slot;
    if (!best)
        return NULL;
    struct huge *taken = *best;
    *best = NULL;
    huge.cached_bytes -= taken->size;
    return taken;
}

static struct huge *take_record_locked(void)
{
    struct huge *record = huge.spare;
    if (record)
        huge.spare = record->next;
    return record;
}

static void put_record(struct huge *record)
{
    lock_acquire(&huge.lock);
    record->start = NULL;
    record->next = huge.spare;
    huge.spare = record;
    lock_release(&huge.lock);
}

/* Under the lock, before it is released. */
static void tell_bytes(void)
{
    kpi_set(HAK_KPI_HUGE_BYTES_USED, huge.used_bytes);
    kpi_set(HAK_KPI_HUGE_BYTES_CACHED, huge.cached_bytes);
}

static HAK_SLOW void tell_failure(size_t size, size_t alignment)
{
    kpi_add(HAK_KPI_HUGE_FAILURES, 1);
    if (!ace_trace_is_on())
        return;
    lock_acquire(&huge.lock);
    uint64_t used = huge.used_bytes, cached = huge.cached_bytes;
    lock_release(&huge.lock);
    ace_trace_write(
        &(struct ace_failure){.cause = registry_is_full() ? ACE_EXHAUSTION : ACE_MAP_FAIL,
                              .tier = ACE_TIER_HUGE,
                              .class = -1,
                              .size = size,
                              .alignment = alignment,
                              .used = used,
                              .cached = cached,
                              .mapped = used + cached});
}

static bool map_block(struct huge *record, size_t size, size_t alignment)
{
    record->start = map_aligned(size, alignment);
    if (!record->start)
        return false;
    record->size = size;
    record->live = true;
    if (registry_insert(record->start, REGISTRY_HUGE, record))
        return true;
    os_unmap(record->start, size);
    return false;
}

void *huge_alloc(size_t size, size_t alignment, bool *zeroed)
{
    size_t asked = size;
    size = whole_pages(size);
    if (alignment < HAK_SUPERSLAB)
        alignment = HAK_SUPERSLAB;
    lock_acquire(&huge.lock);
    struct huge *block = take_cached_locked(size, alignment);
    struct huge *record = block ? NULL : take_record_locked();
    if (block) {
        huge.used_bytes += block->size;
        huge.used_blocks++;
        block->live = true;
        tell_bytes();
    }
    kpi_count_locked(block ? HAK_KPI_HUGE_HITS : HAK_KPI_HUGE_MISSES);
    lock_release(&huge.lock);
    *zeroed = !block;
    if (block)
        return block->start;
    if (!record)
        record = arena_take(sizeof *record);
    if (!record || !map_block(record, size, alignment)) {
        if (record)
            put_record(record);
        tell_failure(asked, alignment);
        return NULL;
    }
    lock_acquire(&huge.lock);
    huge.used_bytes += size;
    huge.used_blocks++;
    tell_bytes();
    lock_release(&huge.lock);
    return record->start;
}

bool huge_begins_at(const struct huge *block, const void *p)
{
    return block->start == p && block->live;
}

size_t huge_usable(const struct huge *block)
{
    return block->size;
}

static void unmap_block(struct huge *block)
{
    registry_remove(block->start);
    os_unmap(block->start, block->size);
    put_record(block);
}

bool huge_free(struct huge *block, uint64_t now)
{
    struct huge *victim = block;
    lock_acquire(&huge.lock);
    if (!block->live) { /* another thread has freed it meanwhile, too */
        lock_release(&huge.lock);
        return false;
    }
    block->live = false;
    block->since = now;
    huge.used_bytes -= block->size;
    huge.used_blocks--;
    if (huge.cached_bytes + block->size <= CACHE_BYTES) {
        struct huge **slot = huge.cache;
        for (struct huge **other = huge.cache; other < huge.cache + CACHE_SLOTS && *slot; other++)
            if (!*other || (*other)->since < (*slot)->since)
                slot = other;
        victim = *slot; /* the oldest makes room, if no slot is free */
        *slot = block;
        huge.cached_bytes += block->size;
        if (victim)
            huge.cached_bytes -= victim->size;
    }
    tell_bytes();
    lock_release(&huge.lock);
    if (victim)
        unmap_block(victim);
    return true;
}

/* Gives a target of a move that was refused back to the system. Kernels before 6.17 may have done
 * so before they refused, and another thread may have got the place since, from whom nothing may
 * be taken: so only a mapping that still begins with the word that was written there, of which
 * nobody knows, is ours, and if it is ours it stays so until it is unmapped here. Where that cannot
 * be read (a filter may forbid it), address space is lost, but no memory beyond a page. */
static void unmap_target(uint64_t *target, size_t size, uint64_t token)
{
    uint64_t found;
    if (os_read_memory(target, &found, sizeof found) && found == token)
        os_unmap(target, size);
}

/* Moves the pages of a block, and resizes it: room at an aligned place first, then they are moved
 * over it. False, and the block is as it was, when the system refuses. */
static bool move(struct huge *block, size_t size)
{
    static _Atomic uint64_t last_token;
    uint64_t *target = map_aligned(size, HAK_SUPERSLAB);
    if (!target)
        return false;
    if (!registry_prepare(target)) {
        os_unmap(target, size);
        return false;
    }
    if (atomic_load_explicit(&last_token, memory_order_relaxed) == 0)
        atomic_store_explicit(&last_token, os_random() | 1, memory_order_relaxed);
    uint64_t token = atomic_fetch_add_explicit(&last_token, 2, memory_order_relaxed);
    *target = token;
    /* The old place leaves the registry before its pages leave it: the system may give it to
     * another thread at once. So it may the target, if it refuses. */
    void *from = block->start;
    registry_lift(from);
    bool moved = os_remap(from, block->size, size, target) != NULL;
    if (moved)
        block->start = target;
    else
        unmap_target(target, size, token);
    registry_put(block->start, REGISTRY_HUGE, block);
    return moved;
}

void *huge_resize(struct huge *block, size_t size)
{
    size = whole_pages(size);
    size_t old = block->size;
    if (size == old)
        return block->start;
    if (size < old || os_resize(block->start, old, size)) {
        if (size < old)
            os_unmap((char *)block->start + size, old - size);
    } else if (!move(block, size)) {
        return NULL;
    }
    block->size = size;
    lock_acquire(&huge.lock);
    huge.used_bytes += size - old;
    tell_bytes();
    lock_release(&huge.lock);
    return block->start;
}

/* Under the lock: the cached block that goes next; NULL when none is due. */
static struct huge **find_due(uint64_t before)
{
    for (struct huge **slot = huge.cache; slot < huge.cache + CACHE_SLOTS; slot++)
        if (*slot && (*slot)->since <= before)
            return slot;
    return NULL;
}

/* Of a block that is longer than the budget only the end goes, and the rest is cached as before. So
 * that nobody takes it meanwhile this is done under the lock, for as long as a budget lasts. */
uint64_t huge_purge(uint64_t before, struct budget *budget)
{
    uint64_t bytes = 0;
    lock_acquire(&huge.lock);
    for (struct huge **slot; (slot = find_due(before));) {
        if (budget_is_spent(budget)) {
            budget->more = true;
            break;
        }
        struct huge *due = *slot;
        size_t size = due->size;
        if (budget->left != BUDGET_ALL && size > budget->left + HAK_PAGE)
            size = whole_pages(budget->left);
        budget_spend(budget, size + BUDGET_CALL);
        bytes += size;
        huge.cached_bytes -= size;
        if (size < due->size) {
            due->size -= size;
            os_unmap((char *)due->start + due->size, size);
            continue;
        }
        *slot = NULL;
        lock_release(&huge.lock);
        unmap_block(due);
        lock_acquire(&huge.lock);
    }
    tell_bytes();
    lock_release(&huge.lock);
    return bytes;
}

uint64_t huge_used_bytes(void)
{
    lock_acquire(&huge.lock);
    uint64_t bytes = huge.used_bytes;
    lock_release(&huge.lock);
    return bytes;
}

uint64_t huge_used_blocks(void)
{
    lock_acquire(&huge.lock);
    uint64_t blocks = huge.used_blocks;
    lock_release(&huge.lock);
    return blocks;
}

void huge_fork(lock_step *step)
{
    step(&huge.lock);
}
