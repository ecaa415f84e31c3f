/* Bitmaps of any length, and the search for runs in them. Pure data: no lock, no memory. A bitmap
 * is an array
 * of words and its number of bits, a multiple of 64; positions beyond it are never touched. */
#ifndef HAK_BITMAP_H
#define HAK_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

static inline void bitmap_set(uint64_t *word, uint32_t first, uint32_t count, bool value)
{
    while (count) {
        uint32_t bit = first % 64, n = 64 - bit < count ? 64 - bit : count;
        uint64_t mask = (n == 64 ? ~0ul : (1ul << n) - 1) << bit;
        if (value)
            word[first / 64] |= mask;
        else
            word[first / 64] &= ~mask;
        first += n;
        count -= n;
    }
}

/* The first position from `from` on whose bit is `value`; `bits` when there is none. */
static inline uint32_t bitmap_find(const uint64_t *word, uint32_t bits, uint32_t from, bool value)
{
    for (uint32_t at = from; at < bits; at = (at | 63) + 1) {
        uint64_t rest = value ? word[at / 64] : ~word[at / 64];
        rest >>= at % 64;
        if (rest)
            return at + (uint32_t)__builtin_ctzl(rest);
    }
    return bits;
}

/* Whether `count` bits from `first` on are all set. */
static inline bool bitmap_all(const uint64_t *word, uint32_t bits, uint32_t first, uint32_t count)
{
    return first + count <= bits && bitmap_find(word, bits, first, false) >= first + count;
}

/* The first run of `count` set bits that begins at a multiple of `step` (a power of two); `bits`
 * when
 * there is none. */
static inline uint32_t bitmap_find_run(const uint64_t *word, uint32_t bits, uint32_t count,
                                       uint32_t step)
{
    uint32_t first = bitmap_find(word, bits, 0, true);
    while (first < bits) {
        uint32_t end = bitmap_find(word, bits, first, false);
        uint32_t start = (first + step - 1) & ~(step - 1);
        if (start + count <= end)
            return start;
        first = bitmap_find(word, bits, end, true);
    }
    return bits;
}

/* The next run, from *at on, of positions that are set in `in` and not in `out`: its length, and
 * its
 * start in *at; 0 when there is none. */
static inline uint32_t bitmap_next_difference(const uint64_t *in, const uint64_t *out,
                                              uint32_t bits, uint32_t *at)
{
    uint32_t first = *at;
    for (;;) {
        first = bitmap_find(in, bits, first, true);
        uint32_t beyond = bitmap_find(out, bits, first, false);
        if (beyond == first)
            break;
        first = beyond;
    }
    if (first >= bits)
        return 0;
    uint32_t end = bitmap_find(in, bits, first, false);
    uint32_t cut = bitmap_find(out, bits, first, true);
    *at = first;
    return (end < cut ? end : cut) - first;
}

/* The length of the longest run of set bits. */
static inline uint32_t bitmap_longest(const uint64_t *word, uint32_t bits)
{
    uint32_t longest = 0;
    uint32_t first = bitmap_find(word, bits, 0, true);
    while (first < bits) {
        uint32_t end = bitmap_find(word, bits, first, false);
        if (end - first > longest)
            longest = end - first;
        first = bitmap_find(word, bits, end, true);
    }
    return longest;
}

#endif
