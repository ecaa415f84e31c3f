/* `refusals MODE`: blocks above the front that cannot be had, each for a known cause.
 *
 *     served      blocks that the first tier serves
 *     above       blocks that are too large for a tier
 *     limit SIZE  blocks of SIZE bytes in 256 MiB of address space, until there are no more
 *     maps SIZE   the same where every larger map is refused by the system
 *     spans       blocks that use up the address space of spans, untouched */
#include <sys/resource.h>

#include "allocator/tests/faults/refuse.h"

enum { SPAN_WINDOW = 512 }; /* GiB: half of HAK_WINDOW */

static void free_now(void *p)
{
    CHECK(p != NULL, "malloc: %s", strerror(errno));
    free(p);
}

static void until_there_are_no_more(size_t size)
{
    size_t count = 0;
    void **last = NULL, **block;
    errno = 0;
    while ((block = malloc(size))) {
        *block = last;
        last = block;
        CHECK(++count < 1 << 20, "no end of blocks of %zu bytes", size);
    }
    CHECK(errno == ENOMEM, "size %zu: errno %d", size, errno);
    while (last) {
        void **next = *last;
        free(last);
        last = next;
    }
}

/* A new process, so that the allocator starts under the limit. */
static void again(char **argv, char *size)
{
    execl("/proc/self/exe", argv[0], "fill", size, (char *)NULL);
    CHECK(false, "exec: %s", strerror(errno));
}

static void use_up_the_spans(void)
{
    size_t size = (size_t)16 << 20, count = ((size_t)SPAN_WINDOW << 30) / size;
    for (size_t i = 0; i <= count; i++)
        CHECK(malloc(size) != NULL, "block %zu of %zu", i, count);
}

int main(int argc, char **argv)
{
    check_identity();
    CHECK(argc == 2 || argc == 3, "usage: refusals MODE [SIZE]");
    if (strcmp(argv[1], "served") == 0) {
        free_now(malloc(40000));
        free_now(malloc(128 << 10));
    } else if (strcmp(argv[1], "above") == 0) {
        free_now(malloc(200000));
        free_now(malloc((size_t)40 << 20));
        free_now(memalign(1 << 20, 300000));
        CHECK(malloc(hide((size_t)1 << 63)) == NULL && errno == ENOMEM, "2^63 bytes");
    } else if (strcmp(argv[1], "limit") == 0) {
        rlim_t bytes = (rlim_t)256 << 20;
        CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0, "setrlimit");
        again(argv, argv[2]);
    } else if (strcmp(argv[1], "maps") == 0) {
        refuse_big_maps((uint32_t)count_argument(argc, argv, 2, 0));
        again(argv, argv[2]);
    } else if (strcmp(argv[1], "fill") == 0) {
        until_there_are_no_more(count_argument(argc, argv, 2, 0));
    } else if (strcmp(argv[1], "spans") == 0) {
        use_up_the_spans();
    } else {
        CHECK(false, "no mode %s", argv[1]);
    }
    return 0;
}
