#include "allocator/tests/misuse/heap.h"

#include <pthread.h>

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/oracle.h"

enum { NOT_APPLICABLE = 77, TAKEN = 400, TAKEN_MAX = 1024, SLAB_TAKEN = 40 };

static const char *variant(void)
{
    const char *text = dlsym(RTLD_DEFAULT, "hakmem_variant");
    return text != NULL ? text : "";
}

bool heap_is_hakmem(void)
{
    return *variant() != '\0';
}

bool heap_is_headered(void)
{
    return strstr(variant(), "layout=headered,") != NULL;
}

bool heap_is_cache(void)
{
    return strstr(variant(), "front=cache,") != NULL;
}

size_t heap_fill(size_t stride)
{
    const bool has_header = heap_is_headered() && stride > STRIDE_C0 && stride < STRIDE_CN;
    return stride - has_header;
}

size_t heap_step(size_t stride)
{
    static size_t of_c0;
    if (stride != STRIDE_C0)
        return stride;
    if (of_c0 == 0) {
        uint8_t *block = malloc(STRIDE_C0);
        of_c0 = slab_of(block)->stride;
        free(block);
    }
    return of_c0;
}

void heap_skip(const char *why)
{
    char text[200];
    const int n = snprintf(text, sizeof text, "not applicable: %s\n", why);
    if (write(STDERR_FILENO, text, (size_t)n) < 0)
        _exit(NOT_APPLICABLE);
    _exit(NOT_APPLICABLE);
}

void heap_skip_unless_headered(void)
{
    if (!heap_is_headered())
        heap_skip("blocks of this layout have no header");
}

void *heap_untouchable(void)
{
    void *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED, "mmap: %s", strerror(errno));
    return p;
}

uintptr_t heap_link(const uint8_t *block)
{
    uintptr_t word;
    memcpy(&word, block, sizeof word);
    return word;
}

void heap_set_link(uint8_t *block, uintptr_t word)
{
    memcpy(hide_pointer(block), &word, sizeof word);
}

/* Blocks are carved a page's worth at a time, in address order, each linked to the next. */
static bool is_last_carved(const uint8_t *block, size_t stride)
{
    const size_t step = heap_step(stride);
    const size_t offset = (uintptr_t)block % HAK_SLAB - (stride - heap_fill(stride)) * step;
    return (offset / step + 1) % (HAK_PAGE / step) == 0;
}

struct heap_pair heap_take_pair(size_t stride)
{
    const size_t size = heap_fill(stride);
    uint8_t *first = oracle_take_untouched(size);
    for (int i = 0; i < TAKEN; i++) {
        uint8_t *second = oracle_take_untouched(size);
        if (second == first + heap_step(stride) && !is_last_carved(first, stride))
            return (struct heap_pair){.link = heap_link(first), .target = second};
        first = second;
    }
    CHECK(false, "no two neighbours among %d blocks", TAKEN);
    return (struct heap_pair){0};
}

/* The blocks are freed, given back to their slab, and adopted as a chain by the next refill. Few
 * enough are freed that none is drained before, which would change their order; but the cache front
 * moves the first 128 of a chain to an array, so it takes more of them there. */
void heap_make_list(struct heap_list *list, size_t stride)
{
    enum { CACHE_FREED = 190, SLL_FREED = 30 };
    const int wanted = heap_is_cache() ? CACHE_FREED : SLL_FREED;
    uint8_t *block[TAKEN_MAX];
    int taken = 0, freed = 0;
    while (taken < TAKEN || !is_last_carved(block[taken - 1], stride)) {
        CHECK(taken < TAKEN_MAX, "%d blocks, and no end of a page", taken);
        block[taken++] = oracle_take(heap_fill(stride));
    }
    for (int i = 1; i < taken && freed < wanted; i += 2) {
        if (block[i] != block[i - 1] + heap_step(stride))
            continue;
        if (freed < HEAP_LISTED)
            list->at[freed] = block[i];
        freed++;
        oracle_give(block[i]);
    }
    CHECK(freed == wanted, "only %d of %d blocks have a neighbour before them", freed, wanted);
    malloc_trim(0);
    list->count = HEAP_LISTED;
    CHECK(slab_of(oracle_take(heap_fill(stride))) == slab_of(list->at[0]),
          "another slab was taken");
}

void heap_make_slab_list(struct heap_list *list, size_t stride)
{
    uint8_t *block[SLAB_TAKEN];
    for (int i = 0; i < SLAB_TAKEN; i++)
        block[i] = oracle_take(heap_fill(stride));
    list->count = 0;
    for (int i = 1; i < SLAB_TAKEN; i += 2) {
        CHECK(block[i] == block[i - 1] + heap_step(stride), "blocks %d and %d are no neighbours",
              i - 1, i);
        list->at[list->count++] = block[i];
        oracle_give(block[i]);
    }
    malloc_trim(0);
}

void heap_exercise(size_t stride, size_t count)
{
    static uint8_t *block[4096];
    CHECK(count <= sizeof block / sizeof *block, "%zu blocks", count);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < count; i++)
            block[i] = oracle_take(heap_fill(stride));
        oracle_check();
        for (size_t i = 0; i < count; i++)
            oracle_give(block[i]);
        malloc_trim(0);
    }
    oracle_check();
}

struct call {
    void (*function)(void *);
    void *argument;
};

static void *run_call(void *argument)
{
    const struct call *call = argument;
    call->function(call->argument);
    return NULL;
}

void heap_in_thread(void (*function)(void *), void *argument)
{
    pthread_t thread;
    struct call call = {function, argument};
    CHECK(pthread_create(&thread, NULL, run_call, &call) == 0, "no thread");
    CHECK(pthread_join(thread, NULL) == 0, "join");
}
