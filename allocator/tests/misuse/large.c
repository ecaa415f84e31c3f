/* Misuse that the free path itself must see: wrong sizes, freed blocks resized, and blocks above
 * the front (ACE, spans, huge) freed twice or in the middle. Group 15. */
#include "allocator/tests/misuse/cases.h"

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"
#include "allocator/tests/misuse/oracle.h"

enum { ACE_SIZE = 64 << 10, SPAN_SIZE = 1 << 20, HUGE_SIZE = 20 << 20, BLOCKS = 6 };

/* Some live blocks of about that size, taken and freed again and again. */
static void exercise_large(size_t size)
{
    uint8_t *block[BLOCKS];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < BLOCKS; i++)
            block[i] = oracle_take(size);
        oracle_check();
        for (int i = 0; i < BLOCKS; i++)
            oracle_give(block[i]);
        malloc_trim(0);
    }
    heap_exercise(STRIDE, HEAP_MANY);
}

static void wrong_size(void)
{
    void (*free_sized)(void *, size_t) = NULL;
    *(void **)&free_sized = dlsym(RTLD_DEFAULT, "free_sized");
    if (free_sized == NULL)
        heap_skip("this malloc has no free_sized");
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    oracle_lose(block);
    free_sized(hide_pointer(block), STRIDE_CN);
    heap_exercise(STRIDE, HEAP_MANY);
    heap_exercise(STRIDE_CN, 200);
}

static void realloc_freed(size_t size, size_t new_size)
{
    uint8_t *block = oracle_take(size);
    oracle_give(block);
    oracle_adopt(oracle_realloc(block, new_size), new_size);
}

static void realloc_freed_small(void)
{
    realloc_freed(heap_fill(STRIDE), 500);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void realloc_freed_ace(void)
{
    realloc_freed(ACE_SIZE, 2 * ACE_SIZE);
    exercise_large(ACE_SIZE);
}

static void realloc_freed_huge(void)
{
    realloc_freed(HUGE_SIZE, 2 * HUGE_SIZE);
    exercise_large(2 * HUGE_SIZE);
    exercise_large(HUGE_SIZE);
}

static void free_twice(size_t size)
{
    uint8_t *block = oracle_take(size);
    oracle_give(block);
    oracle_free(block);
    exercise_large(size);
}

static void twice_ace(void)
{
    free_twice(ACE_SIZE);
}

static void twice_span(void)
{
    free_twice(SPAN_SIZE);
}

static void twice_huge(void)
{
    free_twice(HUGE_SIZE);
}

/* The block stays live. */
static void free_inside(size_t size, size_t offset)
{
    uint8_t *block = oracle_take(size);
    oracle_free(block + offset);
    exercise_large(size);
    oracle_give(block);
}

static void inside_ace(void)
{
    free_inside(ACE_SIZE, 4096);
}

static void inside_span(void)
{
    free_inside(SPAN_SIZE, HAK_SLAB);
}

static void inside_huge(void)
{
    free_inside(HUGE_SIZE, 4096);
}

static void inside_huge_unit(void)
{
    free_inside(HUGE_SIZE, HAK_SUPERSLAB);
}

const struct misuse_case misuse_large[] = {
    {"15a", "free_sized with a wrong size", wrong_size},
    {"15b", "realloc of a freed small block", realloc_freed_small},
    {"15c", "realloc of a freed ACE block", realloc_freed_ace},
    {"15d", "realloc of a freed huge block", realloc_freed_huge},
    {"15e", "free an ACE block twice", twice_ace},
    {"15f", "free a span twice", twice_span},
    {"15g", "free a huge block twice", twice_huge},
    {"15h", "free a page into an ACE block", inside_ace},
    {"15i", "free 64 KiB into a span", inside_span},
    {"15j", "free a page into a huge block", inside_huge},
    {"15k", "free 2 MiB into a huge block", inside_huge_unit},
    {0},
};
