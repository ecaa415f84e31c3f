/* A small address space (ulimit -v): the allocator must start in it, give a fair part of it to the
 * program, say NULL and ENOMEM at its end, and work again when something was freed. */
#include <sys/resource.h>

#include "allocator/tests/check.h"

struct link {
    struct link *next;
};

/* Takes blocks until there are no more; gives back how many bytes there were. */
static size_t take_all(size_t size, struct link **chain)
{
    size_t bytes = 0;
    struct link *block;
    errno = 0;
    while ((block = malloc(size))) {
        CHECK(malloc_usable_size(block) >= size, "size %zu", size);
        block->next = *chain;
        ((char *)block)[size - 1] |= 0;
        *chain = block;
        bytes += size;
    }
    CHECK(errno == ENOMEM, "size %zu: errno %d", size, errno);
    return bytes;
}

static void give_all(struct link *chain)
{
    while (chain) {
        struct link *next = chain->next;
        free(chain);
        chain = next;
    }
}

static void other_functions_fail_clean(void)
{
    void *out = &out;
    errno = 0;
    CHECK(calloc(1 << 20, 4096) == NULL && errno == ENOMEM, "errno %d", errno);
    errno = 0;
    CHECK(memalign(1 << 21, (size_t)1 << 32) == NULL && errno == ENOMEM, "errno %d", errno);
    CHECK(posix_memalign(&out, 64, (size_t)1 << 32) == ENOMEM && out == &out, "posix_memalign");
}

/* A buffer that grows until it cannot keeps what it holds. */
static void grow_until_the_end(void)
{
    size_t size = 4096;
    char *buffer = malloc(size), *bigger;
    CHECK_BLOCK(buffer, size);
    for (;; buffer = bigger, size *= 2) {
        pattern_write(buffer + size / 2, size / 2, size);
        errno = 0;
        if (!(bigger = realloc(buffer, size * 2)))
            break;
    }
    CHECK(errno == ENOMEM, "errno %d", errno);
    CHECK(pattern_check(buffer + size / 2, size / 2, size) == size / 2, "%zu bytes", size);
    free(buffer);
}

static void live_within(size_t limit)
{
    static const size_t sizes[] = {8, 64, 1000, 5000, 100000, 3 << 20};
    /* Filling much memory by small blocks takes long and shows nothing new. */
    for (size_t i = limit > 64 << 20 ? 3 : 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct link *chain = NULL;
        size_t bytes = take_all(sizes[i], &chain);
        /* A fair part is a fifth; of 16 MiB, most of which the program takes, only order is
         * asked. */
        CHECK(bytes >= limit / 5 || limit < 32 << 20, "%zu bytes of %zu in blocks of %zu", bytes,
              limit, sizes[i]);
        other_functions_fail_clean();
        give_all(chain);
        void *block = malloc(sizes[i]);
        CHECK(block != NULL, "malloc of %zu bytes after everything was freed", sizes[i]);
        free(block);
    }
    grow_until_the_end();
}

int main(int argc, char **argv)
{
    static char *limits[] = {"16", "32", "64", "128", "512"};
    check_identity();
    if (argc > 1) {
        live_within(count_argument(argc, argv, 1, 0) << 20);
        return 0;
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        pid_t child = fork();
        if (child == 0) {
            rlim_t bytes = strtoul(limits[i], NULL, 10) << 20;
            CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0, "setrlimit");
            execl("/proc/self/exe", argv[0], limits[i], (char *)NULL);
            CHECK(false, "exec: %s", strerror(errno));
        }
        expect_success(child, limits[i]);
    }
    return 0;
}
