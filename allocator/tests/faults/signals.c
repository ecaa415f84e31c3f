/* A signal interrupts malloc anywhere and its handler allocates itself. No standard allows it,
 * programs do it: the allocator must neither hang nor crash nor mix up blocks. The C library's
 * malloc does hang.
 *
 * Every kind of call is interrupted until it has been at every kind of place that it has. */
#include "allocator/tests/interrupt.h"

/* One call in STEPPED is interrupted, of larger blocks one in STEPPED_LARGE. */
enum {
    BLOCKS = 300,
    OPERATIONS = 3000,
    ROUNDS_MAX = 40,
    STEPPED = 30,
    STEPPED_LARGE = 3,
    SKIPPED = 77
};

#define MAPPED ((size_t)48 << 20)

enum call { ALLOCATE, RELEASE, MOVE, CALLS };
enum tier { SMALL, MIDDLE, LARGE, TIERS };

static const char *const call_names[] = {"malloc", "free", "realloc"};
static const char *const tier_names[] = {"small", "middle", "large"};

static uint8_t *blocks[BLOCKS];
static size_t sizes[BLOCKS];
static size_t interrupted[CALLS][TIERS][INTERRUPT_PLACES];
static size_t signals, after_kernel;

static void allocate_in_handler(void)
{
    uint8_t *own[6];
    for (size_t i = 0; i < 6; i++) {
        size_t size = 8 + signals % 50 * 16 + i * 600 * (i == 5);
        own[i] = malloc(size);
        CHECK(own[i] != NULL, "size %zu", size);
        memset(own[i], 0xcc, size);
    }
    for (size_t i = 6; i-- > 0;)
        free(own[i]);
    signals++;
}

static enum tier tier_of(size_t size)
{
    return size <= 1024 ? SMALL : size <= 200000 ? MIDDLE : LARGE;
}

static size_t choose_size(uint64_t *random)
{
    const uint64_t which = next_random(random) % 60;
    return which == 0  ? (3 << 20) + next_random(random) % (1 << 20)
           : which < 4 ? 1500 + next_random(random) % 100000
                       : 8 + next_random(random) % 900;
}

static void verify(size_t i)
{
    CHECK(pattern_check(blocks[i], sizes[i], i) == sizes[i], "%p, size %zu, after %zu signals",
          (void *)blocks[i], sizes[i], signals);
}

/* One call, interrupted or not. A small block moves within its tier: the copy of a larger one isn't
 * malloc's code, and long. */
static void operate(size_t i, enum call call, size_t size, bool is_interrupted)
{
    void *volatile block = blocks[i];
    if (is_interrupted)
        interrupt_begin();
    if (call == ALLOCATE)
        block = malloc(size);
    else if (call == RELEASE)
        free(block);
    else
        block = realloc(block, size);
    if (is_interrupted)
        interrupt_end();
    blocks[i] = call == RELEASE ? NULL : block;
    CHECK(call == RELEASE || block != NULL, "%s, size %zu", call_names[call], size);
}

static void work(uint64_t *random)
{
    const size_t i = next_random(random) % BLOCKS;
    size_t size = blocks[i] ? sizes[i] : choose_size(random);
    enum call call = blocks[i] == NULL                                        ? ALLOCATE
                     : tier_of(size) == SMALL && next_random(random) % 4 == 0 ? MOVE
                                                                              : RELEASE;
    const enum tier tier = tier_of(size);
    if (blocks[i])
        verify(i);
    if (call == MOVE)
        size = 8 + next_random(random) % 900;
    const bool is_interrupted =
        next_random(random) % (tier == SMALL ? STEPPED : STEPPED_LARGE) == 0;
    operate(i, call, size, is_interrupted);
    if (is_interrupted)
        for (int place = 0; place < INTERRUPT_PLACES; place++)
            interrupted[call][tier][place] += interrupts.places[place];
    if (call != RELEASE) {
        const size_t kept = call == MOVE ? (sizes[i] < size ? sizes[i] : size) & ~(size_t)7 : 0;
        CHECK(pattern_check(blocks[i], kept, i) == kept, "%zu bytes moved", kept);
        sizes[i] = size;
        pattern_write(blocks[i], size, i);
    }
}

/* Blocks that are mapped for themselves, so that the kernel is asked each time. Nobody writes to
 * them. */
static void ask_the_kernel(void)
{
    for (int n = 0; n < 10; n++) {
        const enum call call = n % 2 ? RELEASE : ALLOCATE;
        operate(0, call, MAPPED, true);
        after_kernel += interrupts.places[INTERRUPT_KERNEL];
    }
}

/* Each call has a fast path and what is slow about it; only small blocks move here. */
static bool have_been_everywhere(void)
{
    for (int call = 0; call < CALLS; call++)
        for (int tier = 0; tier < (call == MOVE ? MIDDLE : TIERS); tier++)
            if (!interrupted[call][tier][INTERRUPT_FAST] ||
                !interrupted[call][tier][INTERRUPT_SLOW])
                return false;
    return true;
}

static void check_places(void)
{
    for (int call = 0; call < CALLS; call++)
        for (int tier = 0; tier < (call == MOVE ? MIDDLE : TIERS); tier++) {
            const size_t *places = interrupted[call][tier];
            CHECK(places[INTERRUPT_FAST] > 0 && places[INTERRUPT_SLOW] > 0,
                  "%s of %s blocks: interrupted %zu times on the fast path, %zu times behind it",
                  call_names[call], tier_names[tier], places[INTERRUPT_FAST],
                  places[INTERRUPT_SLOW]);
        }
    CHECK(after_kernel > 0, "no interrupt after a system call, of %zu", signals);
}

int main(void)
{
    uint64_t random = 1;
    check_identity();
    if (!on_hakmem()) {
        puts("skipped: only hakmem promises this");
        return SKIPPED;
    }
    interrupt_set(allocate_in_handler);
    ask_the_kernel();
    /* How often a list is full or empty depends on where blocks come to lie. */
    for (int round = 0; round < ROUNDS_MAX && (round == 0 || !have_been_everywhere()); round++)
        for (int n = 0; n < OPERATIONS; n++)
            work(&random);
    check_places();
    return 0;
}
