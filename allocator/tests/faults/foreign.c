/* Blocks of the C library's own malloc come to free, realloc and malloc_usable_size: they go back
 * to it. What only looks like one is reported, and stays untouched. */
#include <pthread.h>

#include "allocator/tests/check.h"

static void *(*libc_malloc)(size_t);
static void *(*libc_aligned)(size_t, size_t);
static size_t (*libc_usable)(void *);
static unsigned long (*corruptions)(void);

enum { ROUNDS = 4, SMALL = 3000 };

static void give_back(size_t size)
{
    char *block = libc_malloc(size);
    CHECK_BLOCK(block, size);
    CHECK(malloc_usable_size(block) == libc_usable(block), "size %zu", size);
    pattern_write(block, size, size);
    block = realloc(block, size * 2 + 1);
    CHECK_BLOCK(block, size * 2 + 1);
    CHECK(pattern_check(block, size, size) == size, "size %zu: content lost", size);
    free(block);
    free(libc_aligned(8192, size));
}

/* By a thread that is not the first, so that its blocks are in an arena of its own. */
static void *give_back_all(void *unused)
{
    static __thread void *blocks[SMALL];
    for (size_t size = 1; size < 40000000; size = size * 2 + 1)
        give_back(size);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SMALL; i++)
            blocks[i] = libc_malloc((size_t)(i % 1500 + 1));
        for (int i = 0; i < SMALL; i++)
            free(blocks[i * 7 % SMALL]);
    }
    return unused;
}

/* --- what is no block ------------------------------------------------------------------------ */

struct fake {
    size_t before, word;
    size_t content[510];
};

static void expect_report(void *p, const char *what)
{
    unsigned long before = corruptions();
    CHECK(malloc_usable_size(p) == 0, "%s has a size", what);
    free(p);
    CHECK(realloc(p, 500) == NULL, "realloc took %s", what);
    CHECK(corruptions() == before + 3, "%s: %lu reports, expected 3", what, corruptions() - before);
}

/* In front of each: plain, in use before, mapped, of an arena. */
static void expect_reports(struct fake *fake, const char *what)
{
    static const size_t words[] = {0, 0x41, 0x40, 0x1002, 0x2002, 0x45, 0x1007, 0x21};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        memset(fake, 0, sizeof *fake);
        fake->word = words[i];
        fake->content[7] = 0x41;
        fake->content[6] = 0x41;
        expect_report(fake->content, what);
        CHECK(fake->word == words[i] && fake->content[7] == 0x41, "%s was written to", what);
    }
}

static _Alignas(4096) struct fake of_bss[2];
static _Alignas(4096) struct fake of_data[2] = {{.before = 1}};

static void *wild(void *unused)
{
    _Alignas(4096) struct fake of_stack[2];
    expect_reports(of_bss, "a fake in .bss");
    expect_reports(of_data, "a fake in .data");
    expect_reports(of_stack, "a fake on the stack");
    char *block = libc_malloc(1000);
    memset(block, 0, 1000);
    expect_report(block + 16, "the middle of libc's block");
    expect_report(block + 8, "an odd place in libc's block");
    free(block);
    block = libc_malloc(1 << 20);
    expect_report(block + 4096, "the middle of libc's mapping");
    free(block);
    block = mmap(NULL, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(block != MAP_FAILED, "mmap: %s", strerror(errno));
    expect_report(block + 4112, "what cannot be read");
    munmap(block, 1 << 16);
    expect_report((void *)hide(0x10), "an address near NULL");
    expect_report((void *)hide(0xffffffff81000010), "an address of the kernel");
    expect_report((void *)hide(0x8000000000000010), "no address at all");
    return unused;
}

/* A libc in a namespace of its own has a heap of its own, which nobody here can give back to. */
static void other_libc(void)
{
    void *library = dlmopen(LM_ID_NEWLM, "maker.so", RTLD_NOW);
    CHECK(library != NULL, "%s", dlerror());
    void *(*make)(size_t);
    void (*drop)(void *);
    *(void **)&make = dlsym(library, "maker_make");
    *(void **)&drop = dlsym(library, "maker_drop");
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        char *block = make(size);
        CHECK(block != NULL, "size %zu", size);
        pattern_write(block, size, size);
        expect_report(block, "a block of another libc");
        CHECK(pattern_check(block, size, size) == size, "size %zu: content lost", size);
        drop(block);
    }
}

static void in_thread(void *(*run)(void *))
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run, NULL) == 0, "pthread_create");
    CHECK(pthread_join(thread, NULL) == 0, "pthread_join");
}

int main(void)
{
    check_identity();
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    CHECK(libc != NULL, "%s", dlerror());
    *(void **)&libc_malloc = dlsym(libc, "malloc");
    *(void **)&libc_aligned = dlsym(libc, "aligned_alloc");
    *(void **)&libc_usable = dlsym(libc, "malloc_usable_size");
    *(void **)&corruptions = dlsym(RTLD_DEFAULT, "hakmem_corruptions");
    give_back_all(NULL);
    in_thread(give_back_all);
    in_thread(give_back_all);
    size_t before = resident_bytes();
    for (int i = 0; i < 300000; i++)
        free(libc_malloc(100));
    CHECK(resident_bytes() < before + (10 << 20), "grew");
    if (!corruptions)
        return 0;
    CHECK(corruptions() == 0, "%lu reports of good blocks", corruptions());
    wild(NULL);
    in_thread(wild);
    other_libc();
    return 0;
}
