/* The nth mmap, munmap, madvise, mprotect or mremap fails, once or for ever: the program sees NULL
 * and ENOMEM at worst, keeps all that it holds, and goes on when the system does. */
#include <pthread.h>

#include "allocator/tests/faults/refuse.h"

enum { BLOCKS = 120 };

struct block {
    uint8_t *start;
    size_t size;
};

static struct block blocks[BLOCKS];

/* A pattern in the first bytes is enough to know a block by, and quick. */
static size_t marked(size_t size)
{
    return size < 2048 ? size : 2048;
}

static size_t block_size(size_t i)
{
    static const size_t sizes[] = {8,     16,    48,    200,    700,    1024,    1500,   4000,
                                   12000, 30000, 33000, 150000, 700000, 1200000, 2200000};
    return sizes[i % (sizeof sizes / sizeof *sizes)] + i % 3;
}

static void allocate(struct block *block, size_t size)
{
    errno = 0;
    block->start = size % 5 == 0   ? calloc(1, size)
                   : size % 7 == 0 ? memalign(64, size)
                                   : malloc(size);
    block->size = size;
    if (block->start)
        pattern_write(block->start, marked(size), size);
    else
        CHECK(errno == ENOMEM, "size %zu: errno %d", size, errno);
}

static void verify(const struct block *block)
{
    if (block->start)
        CHECK(pattern_check(block->start, marked(block->size), block->size) == marked(block->size),
              "%p, size %zu", (void *)block->start, block->size);
}

static void release(struct block *block)
{
    verify(block);
    errno = 4321;
    free(block->start);
    CHECK(errno == 4321, "free of %zu bytes: errno %d", block->size, errno);
    block->start = NULL;
}

static void move(struct block *block, size_t size)
{
    errno = 0;
    uint8_t *moved = realloc(block->start, size);
    if (!moved) {
        CHECK(errno == ENOMEM, "%zu -> %zu: errno %d", block->size, size, errno);
        verify(block);
        return;
    }
    size_t kept = block->start == NULL ? 0 : marked(block->size < size ? block->size : size);
    CHECK(pattern_check(moved, kept, block->size) == kept, "%zu -> %zu", block->size, size);
    *block = (struct block){moved, size};
    pattern_write(moved, marked(size), size);
}

/* A block so large that it grows by moving its pages, with a neighbour that stands in the way. */
static void grow_huge(void)
{
    static const size_t sizes[] = {3 << 20, 9 << 20, 20 << 20, 5 << 20, 12 << 20};
    struct block block = {NULL, 0}, neighbour = {NULL, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        move(&block, sizes[i]);
        if (!neighbour.start)
            move(&neighbour, sizes[0]);
    }
    release(&neighbour);
    release(&block);
}

static void *release_half(void *unused)
{
    for (size_t i = 0; i < BLOCKS; i += 2)
        release(&blocks[i]);
    return unused;
}

static void work(void)
{
    pthread_t thread;
    for (size_t i = 0; i < BLOCKS; i++)
        allocate(&blocks[i], block_size(i));
    /* A thread's stack is a map too: where there is none, this thread does its work. */
    if (pthread_create(&thread, NULL, release_half, NULL) == 0)
        pthread_join(thread, NULL);
    else
        release_half(NULL);
    malloc_trim(0);
    grow_huge();
    for (size_t i = 0; i < BLOCKS; i++)
        if (i % 2)
            move(&blocks[i], block_size(i + 4));
        else
            allocate(&blocks[i], block_size(i + 7));
    for (size_t i = 0; i < BLOCKS; i++)
        release(&blocks[i]);
    malloc_trim(0);
}

/* The refused call may be one of this part's own, so that one block may be missing; asked again, it
 * comes. */
static void works_again(void)
{
    size_t missing = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        allocate(&blocks[i], block_size(i));
        if (blocks[i].start)
            continue;
        missing++;
        allocate(&blocks[i], block_size(i));
        CHECK(missing == 1 && blocks[i].start != NULL,
              "%zu blocks of %zu bytes missing for one call refused", missing, block_size(i));
    }
    for (size_t i = 0; i < BLOCKS; i++)
        release(&blocks[i]);
}

/* Returns how many calls the child made. */
static size_t run(uint32_t number, const char *name, size_t nth, bool for_ever)
{
    int channel[2];
    char what[64];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, channel) == 0, "socketpair: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        close(channel[0]);
        refuse_begin(channel[1], number);
        work();
        if (!for_ever)
            works_again();
        _exit(0);
    }
    close(channel[1]);
    int listener = refuse_receive_listener(channel[0]);
    close(channel[0]);
    size_t calls = listener < 0 ? 0 : refuse_supervise(listener, nth, for_ever);
    if (listener >= 0)
        close(listener);
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSE_SKIPPED)
        exit(REFUSE_SKIPPED);
    snprintf(what, sizeof what, "%s number %zu refused %s", name, nth,
             for_ever ? "for ever" : "once");
    CHECK(!WIFSIGNALED(status), "%s: killed by signal %d", what, WTERMSIG(status));
    CHECK(WEXITSTATUS(status) == 0, "%s: exit %d", what, WEXITSTATUS(status));
    return calls;
}

int main(void)
{
    static const struct {
        uint32_t number;
        const char *name;
    } calls[] = {{SYS_mmap, "mmap"},
                 {SYS_munmap, "munmap"},
                 {SYS_madvise, "madvise"},
                 {SYS_mprotect, "mprotect"},
                 {SYS_mremap, "mremap"}};
    check_identity();
    /* In a child of a warm process: fork copies its state, so that every run starts alike. */
    for (size_t i = 0; i < BLOCKS; i += 30)
        free(malloc(block_size(i)));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        size_t total = run(calls[i].number, calls[i].name, SIZE_MAX, false);
        /* The first ones one by one, then some of all. */
        for (size_t nth = 1; nth <= total; nth += nth < 6 ? 1 : total / 8 + 1) {
            run(calls[i].number, calls[i].name, nth, false);
            run(calls[i].number, calls[i].name, nth, true);
        }
    }
    return 0;
}
