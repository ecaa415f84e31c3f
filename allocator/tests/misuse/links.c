/* Overwritten links of free blocks that stand in a list of the thread: groups 1-4 and 16. */
#include "allocator/tests/misuse/cases.h"

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"
#include "allocator/tests/misuse/oracle.h"

/* Lists blocks, and overwrites the link of one that is neither the first nor the last. */
static void inject(size_t stride, uintptr_t word)
{
    struct heap_list list;
    heap_make_list(&list, stride);
    heap_set_link(list.at[list.count / 2], word);
}

/* The same; and at `target`, which the link leads to, stands by chance what the link was. So it
 * goes on from there, and the list is as long as it should be. */
static void inject_detour(size_t stride, uintptr_t word, uint8_t *target)
{
    struct heap_list list;
    heap_make_list(&list, stride);
    uint8_t *victim = list.at[list.count / 2];
    heap_set_link(target, heap_link(victim));
    heap_set_link(victim, word);
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

static void to_misaligned(void)
{
    uint8_t *target = oracle_take_untouched(heap_fill(STRIDE)) + 8;
    inject_detour(STRIDE, (uintptr_t)target, target);
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
    uint8_t *target = oracle_take_untouched(heap_fill(STRIDE));
    inject_detour(STRIDE, (uintptr_t)target, target);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void to_live_copied(void)
{
    const struct heap_pair pair = heap_take_pair(STRIDE);
    inject_detour(STRIDE, pair.link, pair.target);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void to_live_c0(void)
{
    const struct heap_pair pair = heap_take_pair(STRIDE_C0);
    inject_detour(STRIDE_C0, pair.link, pair.target);
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

/* Most of the list is lost. */
static void cut_then_drained(void)
{
    struct heap_list list;
    heap_make_list(&list, STRIDE);
    heap_set_link(list.at[list.count - 2], 0);
    malloc_trim(0);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void cut_then_used_up(void)
{
    struct heap_list list;
    heap_make_list(&list, STRIDE);
    heap_set_link(list.at[list.count - 2], 0);
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
    {"16b", "list is cut short, then drained", cut_then_drained},
    {"16c", "list is cut short, then used up", cut_then_used_up},
    {0},
};
