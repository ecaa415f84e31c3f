/* The functions that tell and tune: callable at any time, and what they tell is sane. */
#include "allocator/tests/check.h"

static size_t bytes_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void in_use_follows_the_program(void)
{
    enum { COUNT = 64, SIZE = 300000 };
    void *blocks[COUNT];
    size_t before = bytes_in_use();
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(SIZE);
        CHECK_BLOCK(blocks[i], SIZE);
    }
    size_t during = bytes_in_use();
    CHECK(during >= before + COUNT * SIZE, "%zu before, %zu with %d more", before, during,
          COUNT * SIZE);
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    CHECK(bytes_in_use() < before + COUNT * SIZE / 2, "%zu before, %zu after the frees", before,
          bytes_in_use());
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void old_and_new_agree(void)
{
    struct mallinfo old = mallinfo();
    struct mallinfo2 new = mallinfo2();
    CHECK(old.uordblks >= 0 && old.arena >= 0 && old.hblkhd >= 0, "negative counts");
    CHECK(new.arena + new.hblkhd >= new.uordblks, "%zu + %zu bytes held, %zu in use", new.arena,
          new.hblkhd, new.uordblks);
}

static void options_are_taken(void)
{
    static const int options[] = {M_MXFAST,     M_TRIM_THRESHOLD,
                                  M_TOP_PAD,    M_MMAP_THRESHOLD,
                                  M_MMAP_MAX,   M_CHECK_ACTION,
                                  M_ARENA_TEST, M_ARENA_MAX,
                                  -1000,        1000};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int answer = mallopt(options[i], 1 << 16);
        CHECK(answer == 0 || answer == 1, "mallopt(%d): %d", options[i], answer);
        void *block = malloc(100000);
        CHECK_BLOCK(block, 100000);
        free(block);
    }
}

static void trim_answers(void)
{
    void *block = malloc(5 << 20);
    CHECK_BLOCK(block, 5 << 20);
    free(block);
    for (size_t pad = 0; pad < 3; pad++) {
        int answer = malloc_trim(pad << 20);
        CHECK(answer == 0 || answer == 1, "malloc_trim: %d", answer);
    }
}

static void info_is_xml(void)
{
    char text[8192] = "";
    FILE *file = tmpfile();
    CHECK(file != NULL, "tmpfile: %s", strerror(errno));
    CHECK(malloc_info(0, file) == 0, "malloc_info: %s", strerror(errno));
    rewind(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    CHECK(n > 10 && strncmp(text, "<malloc version=\"", 17) == 0, "%zu bytes: %.40s", n, text);
    CHECK(strstr(text, "</malloc>") != NULL || n == sizeof text - 1, "%s", text);
    CHECK(malloc_info(1, file) == EINVAL, "malloc_info takes options");
    fclose(file);
}

int main(void)
{
    static const char *const symbols[] = {
        "malloc",
        "free",
        "calloc",
        "realloc",
        "reallocarray",
        "memalign",
        "aligned_alloc",
        "posix_memalign",
        "valloc",
        "pvalloc",
        "malloc_usable_size",
        "malloc_trim",
        "mallinfo",
        "mallinfo2",
        "mallopt",
        "malloc_stats",
        "malloc_info",
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        check_origin(symbols[i]);
    in_use_follows_the_program();
    old_and_new_agree();
    trim_answers();
    info_is_xml();
    malloc_stats();
    options_are_taken();
    in_use_follows_the_program();
    return 0;
}
