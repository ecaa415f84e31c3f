/* The first sizes that a process, and a thread, ever asks for: 8 bytes, then 16, then mixed; and
 * other orders. A cache that is set up on one path only shows here. Each order runs in a fresh
 * process. */
#include <pthread.h>

#include "allocator/tests/check.h"

enum { COUNT = 3000 };

static void *blocks[COUNT];

static size_t mixed(size_t i)
{
    return 1 + i * 2654435761u % (i % 50 == 0 ? 100000 : 1100);
}

static void fill_and_drain(size_t size, bool backwards)
{
    size_t sizes[2] = {0, 0};
    for (size_t i = 0; i < COUNT; i++) {
        size_t bytes = size ? size : mixed(i);
        blocks[i] = malloc(bytes);
        CHECK_BLOCK(blocks[i], bytes);
        memset(blocks[i], (int)i, bytes);
        sizes[0] += bytes;
    }
    for (size_t n = 0; n < COUNT; n++) {
        size_t i = backwards ? COUNT - 1 - n : n, bytes = size ? size : mixed(i);
        const uint8_t *block = blocks[i];
        CHECK(block[0] == (uint8_t)i && memcmp(block, block + 1, bytes - 1) == 0, "block %zu", i);
        free(blocks[i]);
        sizes[1] += bytes;
    }
    CHECK(sizes[0] == sizes[1], "%zu", sizes[0]);
}

/* An order is a word: 8, 1 (16 bytes), m(ixed), z(ero bytes freed first), L (1024), h(uge). */
static void *run_order(void *order)
{
    for (const char *c = order; *c; c++) {
        void *first = NULL;
        switch (*c) {
        case '8':
            fill_and_drain(8, false);
            break;
        case '1':
            fill_and_drain(16, true);
            break;
        case 'm':
            fill_and_drain(0, c[1] == 'm');
            break;
        case 'L':
            fill_and_drain(1024, false);
            break;
        case 'z':
            free(malloc(0));
            break;
        case 'h':
            first = malloc(5 << 20);
            CHECK_BLOCK(first, 5 << 20);
            memset(first, 1, 5 << 20);
            free(first);
            break;
        default:
            CHECK(false, "order %s", (const char *)order);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static char *orders[] = {"81m", "18m", "m81", "L8", "z81m", "h81m", "mm"};
    if (argc > 1) {
        run_order(argv[1]);
        /* The origin is proved last: the order must be the first that touches the allocator. */
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, run_order, argv[1]) == 0, "thread");
        pthread_join(thread, NULL);
        check_identity();
        return 0;
    }
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        pid_t child = fork();
        if (child == 0) {
            execl("/proc/self/exe", argv[0], orders[i], (char *)NULL);
            CHECK(false, "exec: %s", strerror(errno));
        }
        expect_success(child, orders[i]);
    }
    return 0;
}
