/* A bitmap over the 512 pages of an ACE region, and the search for runs in it. Pure data: no lock,
 * no memory. */
#ifndef HAK_PAGE_BITMAP_H
#define HAK_PAGE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "allocator/compiler.h"

#define HAK_REGION_PAGES 512u

struct page_bitmap {
    uint64_t word[HAK_REGION_PAGES / 64];
};

static inline bool page_bitmap_get(const struct page_bitmap *map, uint32_t page)
{
    return map->word[page / 64] >> (page % 64) & 1;
}

static inline void page_bitmap_set(struct page_bitmap *map, uint32_t first, uint32_t count,
                                   bool value)
{
    while (count) {
        uint32_t bit = first % 64, n = 64 - bit < count ? 64 - bit : count;
        uint64_t mask = (n == 64 ? ~0ul : (1ul << n) - 1) << bit;
        if (value)
            map->word[first / 64] |= mask;
        else
            map->word[first / 64] &= ~mask;
        first += n;
        count -= n;
    }
}

/* The first page from `from` on whose bit is `value`; HAK_REGION_PAGES when there is none. */
static inline uint32_t page_bitmap_find(const struct page_bitmap *map, uint32_t from, bool value)
{
    for (uint32_t page = from; page < HAK_REGION_PAGES; page = (page | 63) + 1) {
        uint64_t word = value ? map->word[page / 64] : ~map->word[page / 64];
        word >>= page % 64;
        if (word)
            return page + (uint32_t)__builtin_ctzl(word);
    }
    return HAK_REGION_PAGES;
}

/* Whether `count` pages from `first` all have the bit set. */
static inline bool page_bitmap_all(const struct page_bitmap *map, uint32_t first, uint32_t count)
{
    return first + count <= HAK_REGION_PAGES &&
           page_bitmap_find(map, first, false) >= first + count;
}

/* The first run of `count` set bits that begins at a multiple of `step` (a power of two);
 * HAK_REGION_PAGES when there is none. */
static inline uint32_t page_bitmap_find_run(const struct page_bitmap *map, uint32_t count,
                                            uint32_t step)
{
    uint32_t first = page_bitmap_find(map, 0, true);
    while (first < HAK_REGION_PAGES) {
        uint32_t end = page_bitmap_find(map, first, false);
        uint32_t start = (first + step - 1) & ~(step - 1);
        if (start + count <= end)
            return start;
        first = page_bitmap_find(map, end, true);
    }
    return HAK_REGION_PAGES;
}

/* The length of the longest run of set bits. */
static inline uint32_t page_bitmap_longest(const struct page_bitmap *map)
{
    uint32_t longest = 0;
    uint32_t first = page_bitmap_find(map, 0, true);
    while (first < HAK_REGION_PAGES) {
        uint32_t end = page_bitmap_find(map, first, false);
        if (end - first > longest)
            longest = end - first;
        first = page_bitmap_find(map, end, true);
    }
    return longest;
}

#endif
