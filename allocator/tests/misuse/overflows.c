/* Writes beyond a block's end or before its start, over free and live neighbours: groups 6-9. */
#include "allocator/tests/misuse/cases.h"

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"
#include "allocator/tests/misuse/oracle.h"

/* Writes beyond the end of the live block before a free one, over that one's first `count` bytes,
 * of which its header is one. */
static void overflow_into(uint8_t *victim, size_t stride, size_t count, uint8_t byte)
{
    uint8_t *neighbour = (uint8_t *)hide_pointer(victim - heap_step(stride));
    memset(neighbour + heap_fill(stride), byte, heap_step(stride) - stride + count);
}

static void into_listed(size_t stride, size_t count, uint8_t byte)
{
    struct heap_list list;
    heap_make_list(&list, stride);
    overflow_into(list.at[list.count / 2], stride, count, byte);
    heap_exercise(stride, HEAP_MANY);
}

static void header_of_free(void)
{
    heap_skip_unless_headered();
    into_listed(STRIDE, 1, 0); /* the end of a string */
}

static void eight_bytes(void)
{
    into_listed(STRIDE, 8, 'A');
}

static void sixteen_bytes(void)
{
    into_listed(STRIDE, 16, 'A');
}

static void eight_bytes_c0(void)
{
    into_listed(STRIDE_C0, 8, 'A');
}

static void into_slab_list(void)
{
    struct heap_list list;
    heap_make_slab_list(&list, STRIDE);
    overflow_into(list.at[list.count - 1], STRIDE, 16, 'A');
    heap_exercise(STRIDE, HEAP_MANY);
}

/* Two live neighbours. */
struct neighbours {
    uint8_t *left, *right;
};

static struct neighbours take_neighbours(void)
{
    uint8_t *left = oracle_take(heap_fill(STRIDE));
    for (int i = 0; i < HEAP_MANY; i++) {
        uint8_t *right = oracle_take(heap_fill(STRIDE));
        if (right == left + STRIDE)
            return (struct neighbours){left, right};
        left = right;
    }
    CHECK(false, "no two neighbours among %d blocks", HEAP_MANY);
    return (struct neighbours){0};
}

static void own_header(void)
{
    heap_skip_unless_headered();
    uint8_t *block = take_neighbours().right;
    ((uint8_t *)hide_pointer(block))[-1] = 0;
    oracle_give(block);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void header_of_live(void)
{
    heap_skip_unless_headered();
    const struct neighbours pair = take_neighbours();
    overflow_into(pair.right, STRIDE, 1, 0);
    oracle_give(pair.right);
    oracle_give(pair.left);
    heap_exercise(STRIDE, HEAP_MANY);
}

const struct misuse_case misuse_overflows[] = {
    {"6", "1 byte over a free block's header", header_of_free},
    {"7a", "8 bytes into a listed block", eight_bytes},
    {"7b", "16 bytes into a listed block", sixteen_bytes},
    {"7c", "8 bytes into a listed block of C0", eight_bytes_c0},
    {"7d", "16 bytes into the first of a slab's list", into_slab_list},
    {"8", "underflow over the own header, then free", own_header},
    {"9", "1 byte over a live header, then free", header_of_live},
    {0},
};
