/* A malloc that goes wrong on purpose. It only ever takes from one large reserve and reuses
 * nothing, so nothing but what is planted can go wrong. BROKEN_HOW says what, BROKEN_EVERY how
 * often (every n-th block), BROKEN_FROM and BROKEN_BELOW to blocks of which sizes (1..4095):
 *   twice  hands out the block before last once more
 *   flip   flips a bit in the middle of the block before last
 *   empty  returns NULL
 *   lose   realloc leaves half of the contents behind
 *   count  nothing; at exit it prints on stderr how many blocks were asked for */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RESERVE (UINT64_C(4) << 30)
#define RECENT  2

struct header {
    size_t size, pad;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char *reserve;
static uint64_t used, calls, every, from, below;
static char how; /* the word's first letter, 0 = not yet known */
static unsigned char *recent[RECENT];

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *number = getenv(name);
    return number ? strtoull(number, NULL, 10) : otherwise;
}

static void start(void)
{
    const char *word = getenv("BROKEN_HOW");
    how = word ? *word : 'c';
    every = number_of("BROKEN_EVERY", 0);
    from = number_of("BROKEN_FROM", 1);
    below = number_of("BROKEN_BELOW", 4096);
    reserve = mmap(NULL, RESERVE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static unsigned char *take(size_t size)
{
    struct header *header = (struct header *)(reserve + used);
    used += sizeof *header + ((size + 15) & ~(size_t)15);
    if (used > RESERVE) {
        abort();
    }
    header->size = size;
    return (unsigned char *)(header + 1);
}

static void *allocate(size_t size)
{
    unsigned char *block = NULL;
    pthread_mutex_lock(&lock);
    if (!reserve) {
        start();
    }
    calls++;
    int now = every > 0 && calls > 100 && calls % every == 0 && recent[1];
    int chosen = size >= from && size < below;
    struct header *victim = now ? (struct header *)recent[1] - 1 : NULL;
    if (now && how == 'e') {
        errno = ENOMEM;
    } else if (now && how == 't' && chosen && victim->size >= size) {
        block = recent[1];
    } else {
        if (now && how == 'f') {
            recent[1][victim->size / 2] ^= 0x10;
        }
        block = take(size);
    }
    if (block && chosen) {
        recent[1] = recent[0];
        recent[0] = block;
    }
    pthread_mutex_unlock(&lock);
    return block;
}

void *malloc(size_t size)
{
    return allocate(size);
}

void *calloc(size_t count, size_t size)
{
    return allocate(count * size); /* fresh from mmap: zero already */
}

void *realloc(void *old, size_t size)
{
    void *block = allocate(size);
    if (old && block) {
        size_t before = ((struct header *)old - 1)->size;
        size_t kept = before < size ? before : size;
        int now = how == 'l' && every > 0 && calls % every == 0 && size >= from && size < below;
        memcpy(block, old, now ? kept / 2 : kept);
    }
    return block;
}

void free(void *block)
{
    (void)block;
}

__attribute__((destructor)) static void tell(void)
{
    if (how == 'c') {
        fprintf(stderr, "%llu\n", (unsigned long long)calls);
    }
}
