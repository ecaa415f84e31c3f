/* A known change to an allocator, so that the gate can be seen to find it. Linked into
 * libhakmem.so in front of its malloc and free, whose symbols were renamed to planted_malloc and
 * planted_free; nothing else of the library differs. Both sides of a gate carry it, and
 * HAKMEM_PLANT=KIND:AMOUNT says how much of it each gets: base gets 0, so that the call itself is
 * on both sides and head is worse by exactly AMOUNT. Without the setting it only passes calls on.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define EXPORTED __attribute__((visibility("default")))

extern void *planted_malloc(size_t size);
extern void planted_free(void *block);
EXPORTED void *malloc(size_t size);
EXPORTED void free(void *block);

enum kind { NONE, SLOWDOWN, FAULTS, STALL, CANARY, INSTRUCTIONS };

static const struct {
    const char *name;
    int calls; /* of malloc and free, between two acts */
} kinds[] = {{"none", 1 << 20}, {"slowdown", 256}, {"faults", 1000},
             {"stall", 10000},  {"canary", 500},   {"instructions", 256}};
enum { KINDS = sizeof kinds / sizeof *kinds, SPARE_BYTES = 64 << 20, PAGE = 4096 };

static enum kind kind;
static double amount;

static _Thread_local struct {
    int left;
    bool is_due;     /* canary: the next malloc flips a byte of the last block */
    int64_t last;    /* slowdown: when the last act ended, ns */
    double owed;     /* slowdown: ns still to spin; below 0 when it spun too long */
    char *candidate; /* canary: the last block, when it lives */
    size_t size;
} own;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Returns when it ended. */
static int64_t spin_until(int64_t end)
{
    int64_t now;
    do
        now = now_ns();
    while (now < end);
    return now;
}

/* A share of what passed since the last act, so that the slowdown is right on every program and
 * needs no calibration; too long a spin is made up for at the next. */
static void slow_down(void)
{
    const int64_t start = now_ns();
    if (own.last != 0)
        own.owed += (double)(start - own.last) * amount;
    own.last = start;
    if (own.owed >= 1) {
        own.last = spin_until(start + (int64_t)own.owed);
        own.owed -= (double)(own.last - start);
    }
}

/* A page that was never touched, or was given back. */
static void fault(void)
{
    static char *spare;
    static size_t used;
    static volatile int taken; /* a lost fault is no matter, two threads in one page are */
    if (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE) != 0)
        return;
    if (spare == NULL) {
        void *mapped = mmap(NULL, SPARE_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        spare = mapped != MAP_FAILED ? mapped : NULL;
    }
    for (int i = 0; i < (int)amount && spare != NULL; i++) {
        if (used == SPARE_BYTES) {
            madvise(spare, SPARE_BYTES, MADV_DONTNEED);
            used = 0;
        }
        spare[used] = 1;
        used += PAGE;
    }
    __atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
}

/* Two instructions a round, whatever the compiler. */
static void add_instructions(int calls)
{
    uint64_t rounds = (uint64_t)(amount * calls / 2);
    if (rounds > 0)
        __asm__ volatile("1: sub $1, %0\n\tjnz 1b" : "+r"(rounds)::"cc");
}

static void act(void)
{
    own.left = kinds[kind].calls;
    switch (kind) {
    case SLOWDOWN:
        slow_down();
        break;
    case FAULTS:
        fault();
        break;
    case STALL:
        if (amount > 0)
            spin_until(now_ns() + (int64_t)amount);
        break;
    case CANARY:
        own.is_due = amount > 0;
        break;
    case INSTRUCTIONS:
        add_instructions(kinds[kind].calls);
        break;
    case NONE:
        break;
    }
}

/* Flips a byte of the block before, if it still lives and is large enough that its middle is the
 * program's. */
static void *flip_and_take(size_t size)
{
    if (own.is_due && own.candidate != NULL) {
        own.candidate[own.size / 2] ^= 1;
        own.is_due = false;
    }
    void *block = planted_malloc(size);
    own.candidate = size >= 8 ? block : NULL;
    own.size = size;
    return block;
}

void *malloc(size_t size)
{
    if (--own.left < 0)
        act();
    return kind == CANARY ? flip_and_take(size) : planted_malloc(size);
}

void free(void *block)
{
    if (--own.left < 0)
        act();
    if (kind == CANARY && block == own.candidate)
        own.candidate = NULL;
    planted_free(block);
}

__attribute__((constructor)) static void read_setting(void)
{
    const char *setting = getenv("HAKMEM_PLANT");
    const char *colon = setting != NULL ? strchr(setting, ':') : NULL;
    if (colon == NULL)
        return;
    for (int i = 0; i < KINDS; i++)
        if (strlen(kinds[i].name) == (size_t)(colon - setting) &&
            memcmp(kinds[i].name, setting, (size_t)(colon - setting)) == 0)
            kind = (enum kind)i;
    amount = strtod(colon + 1, NULL);
}
