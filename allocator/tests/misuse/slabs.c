/* What a slab keeps: its free list (group 5), its right to live (13), its counts (14). */
#include "allocator/tests/misuse/cases.h"

#include <pthread.h>

#include "allocator/slabs/remote.h"
#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"
#include "allocator/tests/misuse/oracle.h"

/* --- 5: links and head of a slab's list ----------------------------------------------------- */

static void first_link(void)
{
    struct heap_list list;
    heap_make_slab_list(&list, STRIDE);
    heap_set_link(list.at[list.count - 1], (uintptr_t)heap_untouchable());
    heap_exercise(STRIDE, HEAP_MANY);
}

static void deeper_link(void)
{
    struct heap_list list;
    heap_make_slab_list(&list, STRIDE);
    heap_set_link(list.at[list.count - 4], (uintptr_t)heap_untouchable());
    heap_exercise(STRIDE, HEAP_MANY);
}

/* So many frees that some go to the slab, which this thread holds and so lists them itself. */
static void first_link_of_held(void)
{
    enum { COUNT = 600 };
    uint8_t *block[COUNT];
    for (int i = 0; i < COUNT; i++)
        block[i] = oracle_take(heap_fill(STRIDE));
    for (int i = 0; i < COUNT; i++)
        oracle_give(block[i]);
    uint8_t *head = slab_of(block[COUNT - 1])->free;
    CHECK(head != NULL, "nothing of %d freed blocks came back to the slab", COUNT);
    heap_set_link(head, (uintptr_t)heap_untouchable());
    heap_exercise(STRIDE, HEAP_MANY);
}

static void head_in_record(void)
{
    struct heap_list list;
    heap_make_slab_list(&list, STRIDE);
    struct slab *slab = slab_of(list.at[0]);
    const uint64_t word = atomic_load(&slab->remote);
    CHECK(word & REMOTE_ADDRESS, "the slab lists nothing");
    atomic_store(&slab->remote, (word & ~REMOTE_ADDRESS) | (uintptr_t)heap_untouchable());
    heap_exercise(STRIDE, HEAP_MANY);
}

/* --- 13: a slab given to another class while a thread lists its blocks ------------------------ */

enum { OUT_STRIDE = 256, OUT = 64, KEPT = 16 };

/* Two threads that take turns. The other holds a slab, of whose blocks this one frees some. */
static struct {
    pthread_barrier_t turn;
    uint8_t *block[OUT];
    int from;  /* the other frees block[from ...] in the end, */
    int takes; /* of which those before this one were freed already */
} relay;

static void wait_turn(void)
{
    pthread_barrier_wait(&relay.turn);
}

static void *hold_slab(void *unused)
{
    (void)unused;
    for (int i = 0; i < OUT; i++)
        relay.block[i] = oracle_take(heap_fill(OUT_STRIDE));
    wait_turn(); /* the first thread's */
    wait_turn();
    for (int i = relay.from; i < OUT; i++)
        if (i >= relay.takes)
            oracle_give(relay.block[i]);
        else
            oracle_free(relay.block[i]); /* for the second time */
    return NULL;
}

static pthread_t relay_begin(void)
{
    pthread_t thread;
    CHECK(pthread_barrier_init(&relay.turn, NULL, 2) == 0, "barrier");
    CHECK(pthread_create(&thread, NULL, hold_slab, NULL) == 0, "thread");
    wait_turn();
    return thread;
}

/* The other thread ends, and with it goes its slab. */
static void relay_end(pthread_t thread)
{
    wait_turn();
    CHECK(pthread_join(thread, NULL) == 0, "join");
}

/* Another class takes the next slabs, one of which may be the one that was let go. */
static void reuse_slabs(void)
{
    enum { COUNT = 300 };
    for (int i = 0; i < COUNT; i++)
        oracle_take(heap_fill(2 * OUT_STRIDE));
    heap_exercise(OUT_STRIDE, HEAP_MANY);
    oracle_check();
}

/* The record says that as many blocks were ever handed out as are back. */
static void looks_empty(void)
{
    relay.from = relay.takes = KEPT;
    const pthread_t thread = relay_begin();
    for (int i = 0; i < KEPT; i++)
        oracle_give(relay.block[i]);
    struct slab *slab = slab_of(relay.block[0]);
    CHECK(slab == slab_of(relay.block[OUT - 1]), "the blocks stand in two slabs");
    atomic_store(&slab->carved, atomic_load(&slab->carved) - KEPT);
    relay_end(thread);
    reuse_slabs();
}

/* Blocks that this thread lists come back by the other, too: the slab has all that it gave. */
static void twice_back(void)
{
    relay.from = 0;
    relay.takes = KEPT;
    const pthread_t thread = relay_begin();
    for (int i = 0; i < KEPT; i++)
        oracle_give(relay.block[i]);
    relay_end(thread);
    reuse_slabs();
}

/* --- 14: counts that go below zero or above what a slab holds --------------------------------- */

/* All but a few come back from this thread, and again from the other. */
static void more_back_than_out(void)
{
    relay.from = 0;
    relay.takes = OUT - 4;
    const pthread_t thread = relay_begin();
    for (int i = 0; i < relay.takes; i++)
        oracle_give(relay.block[i]);
    malloc_trim(0);
    oracle_check();
    relay_end(thread);
    heap_exercise(OUT_STRIDE, HEAP_MANY);
}

static void more_out_than_there_are(void)
{
    struct heap_list list;
    heap_make_slab_list(&list, STRIDE);
    atomic_fetch_add(&slab_of(list.at[0])->remote, (uint64_t)2000 << 48);
    heap_exercise(STRIDE, HEAP_MANY);
}

/* The record says that a slab which is out wholly was never touched. */
static void carved_again(void)
{
    uint8_t *first = oracle_take(heap_fill(STRIDE_CN));
    struct slab *slab = slab_of(first);
    while (atomic_load(&slab->carved) < slab->capacity)
        oracle_take(heap_fill(STRIDE_CN));
    atomic_store(&slab->carved, 0);
    heap_exercise(STRIDE_CN, 200);
}

const struct misuse_case misuse_slabs[] = {
    {"5a", "first link of a slab's list -> unmapped", first_link},
    {"5b", "deeper link of a slab's list -> unmapped", deeper_link},
    {"5c", "first link of a held slab's list", first_link_of_held},
    {"5d", "head of a slab's list -> unmapped", head_in_record},
    {"13a", "slab looks empty: its count overwritten", looks_empty},
    {"13b", "slab looks empty: blocks freed twice", twice_back},
    {"14a", "more blocks come back than went out", more_back_than_out},
    {"14b", "a slab's count of free blocks forged", more_out_than_there_are},
    {"14c", "a slab is carved a second time", carved_again},
    {0},
};
