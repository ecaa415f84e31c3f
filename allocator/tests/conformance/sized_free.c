/* free_sized, free_aligned_sized (C23) and cfree: where they exist they free, whatever the size
 * class. The C library of Debian 12 has none of them to link with, so they are looked up. */
#include "allocator/tests/check.h"

typedef void free_function(void *);
typedef void free_sized_function(void *, size_t);
typedef void free_aligned_function(void *, size_t, size_t);

static void *look_up(const char *name)
{
    void *function = dlsym(RTLD_DEFAULT, name);
    if (on_hakmem()) {
        CHECK(function != NULL, "%s is missing", name);
        check_origin(name);
    }
    return function;
}

enum { SKIPPED = 77 };

int main(void)
{
    check_identity();
    free_function *old_free = look_up("cfree");
    free_sized_function *sized = look_up("free_sized");
    free_aligned_function *aligned = look_up("free_aligned_sized");
    if (!on_hakmem() && !(old_free && sized && aligned)) {
        puts("skipped: this malloc has no sized free");
        return SKIPPED;
    }
    sized(NULL, 10);
    aligned(NULL, 16, 10);
    old_free(NULL);
    size_t before = resident_bytes(), bytes = 0;
    for (int round = 0; bytes < 600u << 20; round++) {
        for (size_t size = 0; size <= 3 << 20; size = size * 5 / 4 + 1) {
            void *block = malloc(hide(size));
            CHECK_BLOCK(block, size);
            memset(block, round, size < 5000 ? size : 5000);
            errno = 99;
            sized(block, size);
            block = aligned_alloc(64, size);
            CHECK_BLOCK(block, size);
            memset(block, round, size < 5000 ? size : 5000);
            aligned(block, 64, size);
            old_free(malloc(size));
            sized(calloc(1, size), size);
            CHECK(errno == 99, "size %zu: errno %d", size, errno);
            bytes += 4 * (size < 5000 ? size : 5000);
        }
    }
    CHECK(resident_bytes() < before + (64 << 20), "%zu bytes, %zu before", resident_bytes(),
          before);
    return 0;
}
