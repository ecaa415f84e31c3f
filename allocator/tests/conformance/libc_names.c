/* The names by which a program reaches the C library's malloc, past malloc itself: one heap. */
#include "allocator/tests/check.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);
extern void __libc_free(void *);

static void both_ways(size_t size)
{
    void *const made[] = {__libc_malloc(size),
                          __libc_calloc(3, size),
                          __libc_memalign(512, size),
                          __libc_valloc(size),
                          __libc_pvalloc(size),
                          __libc_realloc(NULL, size),
                          __libc_realloc(malloc(7), size)};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        CHECK_BLOCK(made[i], size);
        memset(made[i], 3, size);
        void *block = i % 2 ? realloc(made[i], size + 100) : made[i];
        CHECK_BLOCK(block, size);
        if (i % 3 == 0)
            __libc_free(block);
        else
            free(block);
    }
    __libc_free(hide_pointer(malloc(size)));
    __libc_free(hide_pointer(aligned_alloc(64, size)));
}

int main(void)
{
    static const char *const symbols[] = {"__libc_malloc",   "__libc_calloc",  "__libc_realloc",
                                          "__libc_memalign", "__libc_valloc",  "__libc_pvalloc",
                                          "__libc_free",     "__libc_mallinfo"};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        check_origin(symbols[i]);
    for (size_t size = 1; size < 3000000; size = size * 3 + 1)
        both_ways(size);
    size_t before = resident_bytes();
    for (int i = 0; i < 200000; i++) {
        void *block = __libc_malloc(100);
        memset(block, 1, 100);
        free(block);
    }
    CHECK(resident_bytes() < before + (8 << 20), "grew by %zu bytes", resident_bytes() - before);
    CHECK(__libc_memalign(64, SIZE_MAX - 100) == NULL && errno == ENOMEM, "errno %d", errno);
    return 0;
}
