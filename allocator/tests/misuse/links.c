/* Overwritten links of free blocks that stand in a list of the thread: groups 1-4 and 16. */
#include "allocator/tests/misuse/cases.h"

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"
#include "allocator/tests/misuse/oracle.h"

/* Lists a block that is neither the first nor the last, and overwrites its link. */
static void inject(size_t stride, uintptr_t word)
{
    struct heap_list list;
    heap_make_list(&list, stride);
    heap_set_link(list.at[list.count / 2], word);
}

static void to_unmapped(void)
{
    inject(STRIDE, (uintptr_t)heap_untouchable());
    heap_exercise(STRIDE, HEAP_MANY);
}

static void to_unmapped_c0(void)
{
    inject(STRIDE_C0, (uintptr_t)heap_untouchable());
    heap_exercise(STRIDE_C0, HEAP_MANY);
}

/* A live block, zero all over: taken for a free one, it looks like the last of a list. */
static uint8_t *take_zeroed(size_t stride)
{
    const size_t size = heap_fill(stride);
    return memset(oracle_take_untouched(size), 0, size);
}

static void to_misaligned(void)
{
    inject(STRIDE, (uintptr_t)take_zeroed(STRIDE) + 8);
    heap_exercise(STRIDE, HEAP_MANY);
}

/* The other class's block now stands in both lists. It is not written to when it comes out of one:
 * else the walk of the other would follow what was written. */
static void into_other_list(uintptr_t word)
{
    inject(STRIDE, word);
    for (int i = 0; i < HEAP_MANY; i++)
        oracle_take_untouched(heap_fill(STRIDE));
    heap_exercise(STRIDE_OTHER, HEAP_MANY);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void to_other_class(void)
{
    struct heap_list other;
    heap_make_list(&other, STRIDE_OTHER);
    into_other_list((uintptr_t)other.at[other.count / 2]);
}

/* The same by a link that the allocator made, such as a memcpy over both blocks leaves. */
static void to_other_class_copied(void)
{
    struct heap_list other;
    heap_make_list(&other, STRIDE_OTHER);
    into_other_list(heap_link(other.at[other.count / 2]));
}

static void to_live(void)
{
    inject(STRIDE, (uintptr_t)take_zeroed(STRIDE));
    heap_exercise(STRIDE, HEAP_MANY);
}

static void to_live_copied(void)
{
    inject(STRIDE, heap_take_pair(STRIDE).link);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void to_live_c0(void)
{
    inject(STRIDE_C0, heap_take_pair(STRIDE_C0).link);
    heap_exercise(STRIDE_C0, HEAP_MANY);
}

/* A block leads back to one before it. The link is a copy, so it is a valid one. */
static void cycle(void)
{
    struct heap_list list;
    heap_make_list(&list, STRIDE);
    heap_set_link(list.at[list.count / 2], heap_link(list.at[list.count / 2 + 4]));
    malloc_trim(0);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void truncated(void)
{
    struct heap_list list;
    heap_make_list(&list, STRIDE);
    heap_set_link(list.at[list.count - 2], 0);
    malloc_trim(0);
    heap_exercise(STRIDE, HEAP_MANY);
}

const struct misuse_case misuse_links[] = {
    {"1a", "link of a listed block -> unmapped", to_unmapped},
    {"1b", "the same in C0", to_unmapped_c0},
    {"2", "link -> 8 bytes into a block", to_misaligned},
    {"3a", "link -> free block of another class", to_other_class},
    {"3b", "the same by a copied link", to_other_class_copied},
    {"4a", "link -> live block of the class", to_live},
    {"4b", "the same by a copied link", to_live_copied},
    {"4c", "the same by a copied link in C0", to_live_c0},
    {"16a", "list is a cycle, then drained", cycle},
    {"16b", "list is cut short, then drained", truncated},
    {0},
};
