/* Frees of what is not a live block: twice (group 10), foreign (11), not a block's start (12). */
#include "allocator/tests/misuse/cases.h"

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"
#include "allocator/tests/misuse/oracle.h"

/* --- 10: twice -------------------------------------------------------------------------------- */

static void free_twice(size_t stride, size_t count)
{
    uint8_t *block = oracle_take(heap_fill(stride));
    oracle_give(block);
    oracle_free(block);
    heap_exercise(stride, count);
}

static void twice(void)
{
    free_twice(STRIDE, HEAP_MANY);
}

static void twice_c0(void)
{
    free_twice(STRIDE_C0, HEAP_MANY);
}

static void twice_cn(void)
{
    free_twice(STRIDE_CN, 200);
}

static void twice_wide(void)
{
    free_twice(4096, 60);
}

static void a_b_a(void)
{
    uint8_t *a = oracle_take(heap_fill(STRIDE));
    uint8_t *b = oracle_take(heap_fill(STRIDE));
    oracle_give(a);
    oracle_give(b);
    oracle_free(a);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void give_one(void *block)
{
    oracle_give(block);
}

static void two_threads(void)
{
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    heap_in_thread(give_one, block);
    oracle_free(block);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void after_drain(void)
{
    uint8_t *other = oracle_take(heap_fill(STRIDE));
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    oracle_give(block);
    malloc_trim(0);
    oracle_free(block);
    heap_exercise(STRIDE, HEAP_MANY);
    oracle_give(other);
}

/* --- 11: foreign ------------------------------------------------------------------------------ */

static void exercise_small(void)
{
    heap_exercise(STRIDE, HEAP_MANY);
    heap_exercise(STRIDE_C0, HEAP_MANY);
}

static void static_object(void)
{
    static _Alignas(64) uint8_t object[256];
    oracle_free(object + 64);
    exercise_small();
}

static void stack_object(void)
{
    _Alignas(64) uint8_t object[256] = {0};
    oracle_free(object + 64);
    exercise_small();
    CHECK(is_zero(object, sizeof object), "the stack object was written to");
}

/* A free that looks at the byte before the pointer would crash. */
static void page_start(void)
{
    uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED && munmap(pages, 4096) == 0, "mmap: %s", strerror(errno));
    oracle_free(pages + 4096);
    exercise_small();
}

static void near_null(void)
{
    oracle_free((void *)16);
    exercise_small();
}

/* As a block of another malloc looks: on the break, a size before it. */
static void break_memory(void)
{
    uint8_t *memory = sbrk(4096);
    CHECK(memory != (void *)-1, "sbrk: %s", strerror(errno));
    uint8_t *block = memory + 64 - (uintptr_t)memory % 64;
    heap_set_link(block - 8, 0x51);
    oracle_free(block);
    exercise_small();
}

/* --- 12: not a block's start ---------------------------------------------------------------- */

/* The block stays live: it is another address that is freed. */
static void free_inside(size_t offset)
{
    oracle_take(heap_fill(STRIDE));
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    oracle_free(block + offset);
    oracle_check();
    heap_exercise(STRIDE, HEAP_MANY);
}

static void one_byte_in(void)
{
    free_inside(1);
}

static void eight_bytes_in(void)
{
    free_inside(8);
}

static void sixteen_bytes_in(void)
{
    free_inside(16);
}

/* A place for a block near the end of a slab that is not carved so far. */
static void never_allocated(void)
{
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    uint8_t *start = block - (uintptr_t)block % HAK_SLAB;
    oracle_free(start + HAK_SLAB - 4 * STRIDE);
    heap_exercise(STRIDE, 1200);
}

/* Some slab of the block's SuperSlab that serves no class; NULL when all do. */
static uint8_t *find_empty_slab(const uint8_t *block)
{
    uint8_t *start = (uint8_t *)superslab_of(block);
    for (size_t i = 1; i < HAK_SLABS; i++)
        if (slab_state(slab_of(start + i * HAK_SLAB)) == SLAB_EMPTY)
            return start + i * HAK_SLAB;
    return NULL;
}

static void empty_slab(void)
{
    /* Small and large classes may stand in different SuperSlabs. */
    uint8_t *slab = find_empty_slab(oracle_take(heap_fill(STRIDE)));
    if (slab == NULL)
        slab = find_empty_slab(oracle_take(30000));
    CHECK(slab != NULL, "no slab is EMPTY where blocks stand");
    oracle_free(slab + STRIDE);
    exercise_small();
}

const struct misuse_case misuse_frees[] = {
    {"10a", "free twice, at once", twice},
    {"10b", "free a, b, a", a_b_a},
    {"10c", "free in one thread, then in another", two_threads},
    {"10d", "free again when back in the slab", after_drain},
    {"10e", "free twice in C0", twice_c0},
    {"10f", "free twice in Cn", twice_cn},
    {"10g", "free twice in a wide class", twice_wide},
    {"11a", "free of a static object", static_object},
    {"11b", "free of a stack object", stack_object},
    {"11c", "free of a page, the one before unmapped", page_start},
    {"11d", "free of a pointer near NULL", near_null},
    {"11e", "free of memory on the break", break_memory},
    {"12a", "free 1 byte into a block", one_byte_in},
    {"12b", "free 8 bytes into a block", eight_bytes_in},
    {"12c", "free 16 bytes into a block", sixteen_bytes_in},
    {"12d", "free of a block never allocated", never_allocated},
    {"12e", "free of a block of an empty slab", empty_slab},
    {0},
};
