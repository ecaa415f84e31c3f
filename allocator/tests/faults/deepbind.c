/* Blocks cross between a program and a library that was opened with RTLD_DEEPBIND, both ways. The
 * library is found only by the folders that this program's own file names: what wraps dlopen must
 * leave the caller as it was. */
#include "allocator/tests/check.h"

static void *(*make)(size_t);
static void *(*make_aligned)(size_t, size_t);
static void (*drop)(void *);
static void (*drop_of_libc)(void);

static void *find(void *library, const char *name)
{
    void *found = dlsym(library, name);
    CHECK(found != NULL, "%s", dlerror());
    return found;
}

static void program_drops(void)
{
    for (size_t size = 1; size < 40000000; size = size * 3 + 1) {
        char *block = make(size);
        CHECK_BLOCK(block, size);
        pattern_write(block, size, size);
        block = realloc(block, size + 70000);
        CHECK_BLOCK(block, size + 70000);
        CHECK(pattern_check(block, size, size) == size, "size %zu: content lost", size);
        free(block);
        free(make_aligned(4096, size));
    }
    size_t before = resident_bytes();
    for (int i = 0; i < 300000; i++)
        free(make(100));
    size_t after = resident_bytes();
    CHECK(after < before + (10 << 20), "grew by %zu bytes", after - before);
}

static void library_drops(void)
{
    for (size_t size = 1; size < 40000000; size = size * 3 + 1) {
        drop(hide_pointer(malloc(size)));
        drop(hide_pointer(aligned_alloc(256, size)));
    }
    drop_of_libc();
}

int main(void)
{
    check_identity();
    void *library = dlopen("maker.so", RTLD_NOW | RTLD_DEEPBIND);
    CHECK(library != NULL, "%s", dlerror());
    *(void **)&make = find(library, "maker_make");
    *(void **)&make_aligned = find(library, "maker_make_aligned");
    *(void **)&drop = find(library, "maker_drop");
    *(void **)&drop_of_libc = find(library, "maker_drop_of_libc");
    /* Under the C library all is one malloc, whatever the flag. */
    program_drops();
    library_drops();
    return 0;
}
