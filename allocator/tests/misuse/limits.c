/* What no layer sees, and none claims to: the published limits, group 17. Here the program that
 * misuses the heap is its own victim, so the oracle says what it believed and did not find. */
#include "allocator/tests/misuse/cases.h"

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"
#include "allocator/tests/misuse/oracle.h"

enum { TRIES = 1000 };

/* Takes blocks until one stands where the freed one did. */
static void take_again(const uint8_t *freed)
{
    for (int i = 0; i < TRIES; i++)
        if (oracle_take(heap_fill(STRIDE)) == freed)
            return;
    CHECK(false, "the freed block did not come again in %d", TRIES);
}

static void read_after_free(void)
{
    uint8_t *block = oracle_take_untouched(heap_fill(STRIDE));
    memset(block, 7, heap_fill(STRIDE));
    oracle_give(block);
    take_again(block);
    if (((uint8_t *)hide_pointer(block))[20] != 7)
        oracle_wrong("a stale pointer reads what another wrote");
}

static void write_after_free(void)
{
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    oracle_give(block);
    memset((uint8_t *)hide_pointer(block) + 8, 7, heap_fill(STRIDE) - 8);
    heap_exercise(STRIDE, HEAP_MANY);
}

static void write_after_reuse(void)
{
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    oracle_give(block);
    take_again(block);
    memset((uint8_t *)hide_pointer(block) + 8, 7, heap_fill(STRIDE) - 8);
    oracle_check();
}

static void uninitialised_read(void)
{
    uint8_t *block = oracle_take_untouched(heap_fill(STRIDE));
    memset(block, 7, heap_fill(STRIDE));
    oracle_give(block);
    for (int i = 0; i < TRIES; i++)
        if (!is_zero(oracle_take_untouched(heap_fill(STRIDE)) + 16, heap_fill(STRIDE) - 16))
            oracle_wrong("a fresh block reads as what another wrote");
}

/* The second free is of a block that is live again: it takes it from its new owner. */
static void free_after_reuse(void)
{
    uint8_t *block = oracle_take(heap_fill(STRIDE));
    oracle_give(block);
    take_again(block);
    oracle_free(block);
    heap_exercise(STRIDE, HEAP_MANY);
}

const struct misuse_case misuse_limits[] = {
    {"17a", "read after free and reuse", read_after_free},
    {"17b", "write after free, beyond 8 bytes", write_after_free},
    {"17c", "write after free and reuse", write_after_reuse},
    {"17d", "read of a fresh block", uninitialised_read},
    {"17e", "double free after reuse", free_after_reuse},
    {0},
};
