#include "allocator/tests/misuse/oracle.h"

#include "allocator/tests/check.h"

enum { LIVE_MAX = 16384, WATCHED_MAX = 4096 };

/* `watched` bytes at the start hold the pattern of `seed`. */
struct live {
    uint8_t *block;
    size_t size, watched;
    uint64_t seed;
};

static struct live live[LIVE_MAX];
static size_t live_count;

void oracle_wrong(const char *format, ...)
{
    char text[300] = "oracle: ";
    const size_t start = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(text + start, sizeof text - start - 1, format, arguments);
    va_end(arguments);
    const size_t length = strnlen(text, start + (n > 0 ? (size_t)n : 0));
    text[length] = '\n';
    if (write(STDERR_FILENO, text, length + 1) < 0)
        _exit(ORACLE_WRONG);
    _exit(ORACLE_WRONG);
}

static struct live *find(const uint8_t *block)
{
    for (size_t i = live_count; i-- > 0;)
        if (live[i].block == block)
            return &live[i];
    CHECK(false, "the case gives %p, which it never took", (const void *)block);
    return NULL;
}

static void check_one(const struct live *entry)
{
    const size_t at = pattern_check(entry->block, entry->watched, entry->seed);
    if (at < entry->watched)
        oracle_wrong("byte %zu of a live block of %zu bytes was overwritten", at, entry->size);
}

static struct live *enter(uint8_t *block, size_t size)
{
    if (block == NULL)
        oracle_wrong("no block of %zu bytes was to be had", size);
    if ((uintptr_t)block % owed_alignment(size) != 0)
        oracle_wrong("a block of %zu bytes begins at a wrong place", size);
    for (size_t i = 0; i < live_count; i++)
        if (block < live[i].block + live[i].size && live[i].block < block + size)
            oracle_wrong("a block of %zu bytes lies in a live one of %zu", size, live[i].size);
    CHECK(live_count < LIVE_MAX, "more than %d live blocks", LIVE_MAX);
    live[live_count] = (struct live){.block = block, .size = size};
    return &live[live_count++];
}

static void fill(struct live *entry)
{
    static uint64_t seeds;
    entry->seed = ++seeds << 20;
    entry->watched = entry->size < WATCHED_MAX ? entry->size : WATCHED_MAX;
    pattern_write(entry->block, entry->watched, entry->seed);
}

uint8_t *oracle_take(size_t size)
{
    struct live *entry = enter(malloc(size), size);
    fill(entry);
    return entry->block;
}

uint8_t *oracle_take_untouched(size_t size)
{
    return enter(malloc(size), size)->block;
}

void oracle_adopt(uint8_t *block, size_t size)
{
    if (block != NULL)
        fill(enter(block, size));
}

void oracle_lose(const uint8_t *block)
{
    struct live *entry = find(block);
    *entry = live[--live_count];
}

void oracle_give(uint8_t *block)
{
    check_one(find(block));
    oracle_lose(block);
    oracle_free(block);
}

void oracle_check(void)
{
    for (size_t i = 0; i < live_count; i++)
        check_one(&live[i]);
}

void oracle_free(void *p)
{
    free(hide_pointer(p));
}

void *oracle_realloc(void *p, size_t size)
{
    return realloc(hide_pointer(p), size);
}
