#include "allocator/large/region.h"

#include "allocator/base/bitmap.h"
#include "allocator/space/fence.h"

#define WORDS (REGION_PAGES / 64)
#if HAK_DEBUG
_Atomic uint64_t region_steps;
#define STEP() atomic_fetch_add_explicit(&region_steps, 1, memory_order_relaxed)
#else
#define STEP() (void)0
#endif

static void *address_of(struct region *region, uint32_t page)
{
    return (char *)superslab_of(region) + (size_t)page * HAK_PAGE;
}

static void unlist(struct region *region)
{
    struct region_set *set = region->set;
    if (region->prev)
        region->prev->next = region->next;
    else
        set->list[region->longest] = region->next;
    if (region->next)
        region->next->prev = region->prev;
    if (!set->list[region->longest])
        bitmap_set(set->filled, region->longest, 1, false);
}

static void file_under(struct region *region, uint32_t longest)
{
    struct region_set *set = region->set;
    STEP();
    if (longest == region->longest)
        return;
    if (region->longest)
        unlist(region);
    region->longest = longest;
    if (!longest)
        return;
    struct region **list = &set->list[longest];
    region->prev = NULL;
    region->next = *list;
    if (*list)
        (*list)->prev = region;
    *list = region;
    bitmap_set(set->filled, longest, 1, true);
}

/* After any change of `free`. */
static void file_anew(struct region *region)
{
    file_under(region, bitmap_longest(region->free, REGION_PAGES));
}

/* Puts the region on the list of those of which pages are due from `freed_at` + HAK_PURGE_NS on, at
 * the end of the list that is nearer to that time; 0 takes it off. */
static void set_due(struct region *region, uint64_t freed_at)
{
    struct region_set *set = region->set;
    if (region->freed_at) {
        if (region->prev_due)
            region->prev_due->next_due = region->next_due;
        else
            set->first_due = region->next_due;
        if (region->next_due)
            region->next_due->prev_due = region->prev_due;
        else
            set->last_due = region->prev_due;
    }
    region->freed_at = freed_at;
    if (!freed_at)
        return;
    bool first = set->first_due && freed_at <= set->first_due->freed_at;
    region->prev_due = first ? NULL : set->last_due;
    region->next_due = first ? set->first_due : NULL;
    if (region->prev_due)
        region->prev_due->next_due = region;
    else
        set->first_due = region;
    if (region->next_due)
        region->next_due->prev_due = region;
    else
        set->last_due = region;
}

/* Where the run of set bits that ends before `at` begins. */
static uint32_t run_start(const uint64_t *map, uint32_t at)
{
    while (at) {
        uint64_t zeros = ~map[(at - 1) / 64] << (63 - (at - 1) % 64);
        if (zeros)
            return at - (uint32_t)__builtin_clzl(zeros);
        at = (at - 1) & ~63u;
    }
    return 0;
}

void region_put(struct region *region, uint32_t page, uint32_t count, uint64_t now)
{
    bitmap_set(region->free, page, count, true);
    set_due(region, now ? now : 1);
    /* The run that they are part of now is the only one that has grown. */
    uint32_t end = bitmap_find(region->free, REGION_PAGES, page + count, false);
    uint32_t length = end - run_start(region->free, page);
    file_under(region, length > region->longest ? length : region->longest);
}

/* Takes free pages. Returns whether they read as zero. */
static bool mark_taken(struct region *region, uint32_t page, uint32_t count)
{
    bool clean = bitmap_all(region->clean, REGION_PAGES, page, count);
    bitmap_set(region->free, page, count, false);
    bitmap_set(region->clean, page, count, false);
    file_anew(region);
    return clean;
}

/* An aligned run surely fits where there is room for moving it up to the next step. */
void *region_take(struct region_set *set, uint32_t pages, uint32_t step, bool *zeroed)
{
    uint32_t longest = bitmap_find(set->filled, REGION_PAGES, pages + step - 1, true);
    if (longest >= REGION_PAGES)
        return NULL;
    struct region *region = set->list[longest];
    uint32_t page = bitmap_find_run(region->free, REGION_PAGES, pages, step);
    hak_assert(page < REGION_PAGES);
    *zeroed = mark_taken(region, page, pages);
    region->span[page] = (uint16_t)pages;
    return address_of(region, page);
}

bool region_take_at(struct region *region, uint32_t page, uint32_t count)
{
    if (!bitmap_all(region->free, REGION_PAGES, page, count))
        return false;
    mark_taken(region, page, count);
    return true;
}

void region_add(struct region_set *set, struct superslab *superslab)
{
    struct region *region = region_of(superslab);
    bool clean = superslab->dirty == 0;
    *region = (struct region){.set = set};
    bitmap_set(region->free, FENCE_REGION_FIRST, FENCE_REGION_PAGES, true);
    bitmap_set(region->clean, FENCE_REGION_FIRST, FENCE_REGION_PAGES, clean);
    if (!clean)
        set_due(region, os_clock_coarse_ns());
    file_anew(region);
}

struct superslab *region_remove_if_whole(struct region *region)
{
    if (region->longest < FENCE_REGION_PAGES || (!region->prev && !region->next))
        return NULL;
    file_under(region, 0);
    set_due(region, 0);
    struct superslab *superslab = superslab_of(region);
    bool clean = bitmap_all(region->clean, REGION_PAGES, FENCE_REGION_FIRST, FENCE_REGION_PAGES);
    superslab->dirty = clean ? 0 : SUPERSLAB_ALL;
    return superslab;
}

/* Takes free pages that have memory, as many as the budget lasts for, and notes them in `taken`.
 * Returns whether these were all. */
static bool take_dirty(struct region *region, uint64_t taken[WORDS], const struct budget *budget)
{
    struct budget left = *budget;
    uint32_t page = 0, count;
    while (!budget_is_spent(&left) &&
           (count = bitmap_next_difference(region->free, region->clean, REGION_PAGES, &page))) {
        bitmap_set(taken, page, count, true);
        budget_spend(&left, count * HAK_PAGE + BUDGET_CALL);
        page += count;
    }
    for (uint32_t i = 0; i < WORDS; i++)
        region->free[i] &= ~taken[i];
    file_anew(region);
    return !budget_is_spent(&left);
}

/* Purges free pages of a region. They are marked as taken meanwhile, so the lock need not be held
 * while the system works, and the region cannot go back. */
static uint64_t purge_region(struct region *region, struct budget *budget)
{
    uint64_t taken[WORDS] = {0}, purged[WORDS] = {0}, none[WORDS] = {0};
    uint64_t freed_at = region->freed_at, bytes = 0;
    bool all = take_dirty(region, taken, budget);
    set_due(region, all ? 0 : freed_at);
    lock_release(&region->set->lock);
    uint32_t page = 0, count;
    for (; (count = bitmap_next_difference(taken, none, REGION_PAGES, &page)); page += count) {
        bool done = os_purge(address_of(region, page), count * HAK_PAGE);
        bitmap_set(purged, page, count, done);
        bytes += done ? count * HAK_PAGE : 0;
        budget_spend(budget, count * HAK_PAGE + BUDGET_CALL);
    }
    lock_acquire(&region->set->lock);
    for (uint32_t i = 0; i < WORDS; i++) {
        region->free[i] |= taken[i];
        region->clean[i] |= purged[i];
    }
    file_anew(region);
    return bytes;
}

/* Regions that are freed in meanwhile stand behind the others, so a call comes to an end; what the
 * system has refused is asked for again after the next free in the region. */
uint64_t region_purge(struct region_set *set, uint64_t before, struct budget *budget)
{
    uint64_t bytes = 0;
    struct region *region;
    lock_acquire(&set->lock);
    while ((region = set->first_due) && region->freed_at <= before && !budget_is_spent(budget)) {
        STEP();
        budget_spend(budget, BUDGET_STEP);
        bytes += purge_region(region, budget);
        struct superslab *whole = region_remove_if_whole(region);
        if (whole) {
            lock_release(&set->lock);
            superslab_give(whole);
            lock_acquire(&set->lock);
        }
    }
    budget->more |= region && region->freed_at <= before;
    lock_release(&set->lock);
    return bytes;
}
