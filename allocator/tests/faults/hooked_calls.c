/* The program stands in for the system calls that an allocator makes, and allocates in them. An
 * allocator that goes through them would come to itself again, inside of a slow path. */
#include <pthread.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "allocator/tests/check.h"

static _Thread_local volatile int inside;
static _Atomic unsigned long calls;

/* What a tool does that keeps a note of each call. */
static void note(void)
{
    static _Thread_local void *volatile last;
    calls++;
    if (inside)
        return;
    inside = 1;
    void *fresh = malloc(48);
    free(last);
    last = fresh;
    inside = 0;
}

void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset)
{
    note();
    return (void *)syscall(SYS_mmap, address, size, protection, flags, descriptor, offset);
}

int munmap(void *address, size_t size)
{
    note();
    return (int)syscall(SYS_munmap, address, size);
}

int madvise(void *address, size_t size, int advice)
{
    note();
    return (int)syscall(SYS_madvise, address, size, advice);
}

int mprotect(void *address, size_t size, int protection)
{
    note();
    return (int)syscall(SYS_mprotect, address, size, protection);
}

void *mremap(void *address, size_t old_size, size_t size, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    void *target = flags & MREMAP_FIXED ? va_arg(more, void *) : NULL;
    va_end(more);
    note();
    return (void *)syscall(SYS_mremap, address, old_size, size, flags, target);
}

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    note();
    return syscall(SYS_write, descriptor, bytes, size);
}

static void *work(void *argument)
{
    enum { BLOCKS = 500, ROUNDS = 20000 };
    static _Thread_local uint8_t *blocks[BLOCKS];
    static _Thread_local size_t sizes[BLOCKS];
    uint64_t random = (uintptr_t)argument;
    for (int n = 0; n < ROUNDS; n++) {
        const size_t i = next_random(&random) % BLOCKS;
        if (blocks[i]) {
            CHECK(blocks[i][0] == (uint8_t)i && blocks[i][sizes[i] - 1] == (uint8_t)i, "block %zu",
                  i);
            if (n % 3 == 0)
                sizes[i] = sizes[i] * 2 + 1;
            uint8_t *moved = n % 3 == 0 ? realloc(blocks[i], sizes[i]) : NULL;
            if (!moved)
                free(blocks[i]);
            blocks[i] = moved;
        } else {
            const size_t most = n % 200 ? 900 : n % 1000 ? 200000 : 18000000;
            sizes[i] = 1 + next_random(&random) % most;
            blocks[i] = malloc(sizes[i]);
            CHECK(blocks[i] != NULL, "%zu bytes", sizes[i]);
        }
        if (blocks[i])
            blocks[i][0] = blocks[i][sizes[i] - 1] = (uint8_t)i;
    }
    for (size_t i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return NULL;
}

int main(void)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    check_identity();
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0, "thread");
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    malloc_trim(0);
    work((void *)9);
    CHECK(calls == 0 || !on_hakmem(), "%lu system calls of the allocator went through the program",
          (unsigned long)calls);
    return 0;
}
