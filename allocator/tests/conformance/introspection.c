/* The functions that tell and tune: callable at any time, and what they tell is sane. */
#include <pthread.h>

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

enum { FEW = 300, SLACK = 64 << 10 };

/* By blocks far smaller than what an allocator takes from the system. */
static void small_blocks_are_counted(size_t size)
{
    void *blocks[FEW];
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < FEW; i++) {
        blocks[i] = malloc(size);
        CHECK_BLOCK(blocks[i], size);
    }
    struct mallinfo2 during = mallinfo2();
    size_t grown = during.uordblks - before.uordblks;
    CHECK(during.uordblks >= before.uordblks && grown >= FEW * size &&
              grown <= FEW * (size + size / 4 + 32) + SLACK,
          "%d blocks of %zu bytes: %zu bytes more in use", FEW, size, grown);
    for (int i = 0; i < FEW; i++)
        free(blocks[i]);
    struct mallinfo2 after = mallinfo2();
    CHECK(after.uordblks <= before.uordblks + SLACK, "%zu bytes in use before, %zu after",
          before.uordblks, after.uordblks);
    CHECK(after.uordblks + after.fordblks == after.arena, "%zu in use, %zu free of %zu",
          after.uordblks, after.fordblks, after.arena);
    CHECK(after.keepcost <= after.fordblks, "%zu could be trimmed, %zu are free", after.keepcost,
          after.fordblks);
}

static void every_second_leaves_holes(void)
{
    void *blocks[FEW];
    for (int i = 0; i < FEW; i++)
        blocks[i] = malloc(2000);
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < FEW; i += 2)
        free(blocks[i]);
    struct mallinfo2 after = mallinfo2();
    CHECK(after.ordblks >= before.ordblks + FEW / 4, "%zu free blocks before, %zu after",
          after.ordblks, before.ordblks);
    for (int i = 1; i < FEW; i += 2)
        free(blocks[i]);
}

static void mappings_are_counted(void)
{
    void *blocks[8];
    struct mallinfo2 before = mallinfo2();
    for (int i = 0; i < 8; i++)
        blocks[i] = malloc(40 << 20);
    struct mallinfo2 during = mallinfo2();
    CHECK(during.hblks == before.hblks + 8, "%zu mappings, then %zu", before.hblks, during.hblks);
    CHECK(during.hblkhd >= before.hblkhd + 8 * (40 << 20), "%zu bytes, then %zu", before.hblkhd,
          during.hblkhd);
    for (int i = 0; i < 8; i++)
        free(blocks[i]);
    CHECK(mallinfo2().hblks == before.hblks, "%zu mappings left", mallinfo2().hblks);
}

/* What glibc says yes to, and what it refuses; 0 makes programs stop. */
static void options_are_answered(void)
{
    static const struct {
        int option, value, answer;
    } cases[] = {
        {M_MXFAST, 0, 1},
        {M_MXFAST, 64, 1},
        {M_MXFAST, 160, 1},
        {M_MXFAST, 161, 0},
        {M_MXFAST, -1, 0},
        {M_TRIM_THRESHOLD, -1, 1},
        {M_TRIM_THRESHOLD, 0, 1},
        {M_TOP_PAD, 4096, 1},
        {M_MMAP_THRESHOLD, 1 << 20, 1},
        {M_MMAP_THRESHOLD, 1 << 26, 1},
        {M_MMAP_MAX, 0, 1},
        {M_MMAP_MAX, 65536, 1},
        {M_CHECK_ACTION, 3, 1},
        {M_PERTURB, 0x5a, 1},
        {M_PERTURB, 0, 1},
        {M_ARENA_TEST, 2, 1},
        {M_ARENA_MAX, 1, 1},
        {M_MMAP_THRESHOLD, 128 << 10, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(mallopt(cases[i].option, cases[i].value) == cases[i].answer,
              "mallopt(%d, %d) is not %d", cases[i].option, cases[i].value, cases[i].answer);
    if (on_hakmem())
        CHECK(mallopt(1000, 1) == 0 && mallopt(-1000, 1) == 0, "an unknown option is taken");
}

/* A thread that has been cancelled, but may go on to its next cancellation point. */
static void *tell_while_cancelled(void *stream)
{
    static char text[8192];
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cancel(pthread_self());
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    malloc_stats();
    if (on_hakmem())
        malloc_info(0, stream);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    rewind(stream);
    size_t n = fread(text, 1, sizeof text - 1, stream);
    CHECK(!on_hakmem() || (n > 10 && strstr(text, "</malloc>")), "%zu bytes: %s", n, text);
    return stream;
}

static void cancellation_waits(void)
{
    pthread_t thread;
    void *result = NULL;
    FILE *stream = tmpfile();
    CHECK(stream != NULL && setvbuf(stream, NULL, _IONBF, 0) == 0, "tmpfile");
    CHECK(pthread_create(&thread, NULL, tell_while_cancelled, stream) == 0, "pthread_create");
    CHECK(pthread_join(thread, &result) == 0 && result == stream, "the thread was cancelled");
    fclose(stream);
}

static _Atomic bool told_enough;

static void *allocate_meanwhile(void *unused)
{
    void *blocks[100] = {NULL};
    uint64_t state = 5;
    while (!told_enough) {
        uint64_t random = next_random(&state);
        void **block = &blocks[random % 100];
        free(*block);
        *block = malloc(random % 1000 ? (random >> 32) % 3000 : (random >> 32) % 3000000);
    }
    for (int i = 0; i < 100; i++)
        free(blocks[i]);
    return unused;
}

/* What is told while others allocate need not be exact, but it must be possible. */
static void others_allocate_meanwhile(void)
{
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, allocate_meanwhile, NULL) == 0, "pthread_create");
    for (int i = 0; i < 300; i++) {
        struct mallinfo2 info = mallinfo2();
        CHECK(info.arena < 1ul << 40 && info.uordblks < 1ul << 40 && info.fordblks < 1ul << 40 &&
                  info.hblkhd < 1ul << 40 && info.keepcost < 1ul << 40,
              "arena %zu, %zu in use, %zu free, %zu mapped, %zu kept", info.arena, info.uordblks,
              info.fordblks, info.hblkhd, info.keepcost);
        malloc_trim(0);
    }
    told_enough = true;
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0, "pthread_join");
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
    for (size_t size = 24; size <= 3000; size = size * 5 / 3)
        small_blocks_are_counted(size);
    every_second_leaves_holes();
    mappings_are_counted();
    cancellation_waits();
    others_allocate_meanwhile();
    old_and_new_agree();
    trim_answers();
    info_is_xml();
    malloc_stats();
    options_are_answered();
    options_are_taken();
    in_use_follows_the_program();
    return 0;
}
