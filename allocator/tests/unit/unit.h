/* What every unit test of the allocator includes: cmocka in the order it wants, and the shadow
 * pattern. */
#ifndef HAK_TEST_UNIT_H
#define HAK_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Fills n bytes with a pattern of their own, and says whether they still hold it. */
static inline void pattern_fill(void *p, size_t n, uint64_t tag)
{
    memset(p, (int)(tag % 251 + 1), n);
}

static inline int pattern_holds(const void *p, size_t n, uint64_t tag)
{
    const unsigned char *byte = p;
    for (size_t i = 0; i < n; i++)
        if (byte[i] != tag % 251 + 1)
            return 0;
    return 1;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
