#include "allocator/base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "allocator/base/compiler.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static void *map(void *address, size_t size, int protection, int flags, int descriptor)
{
    long p = syscall(SYS_mmap, address, size, protection, flags, descriptor, 0L);
    return p == -1 ? NULL : (void *)p;
}

static bool protect(void *address, size_t size, int protection)
{
    return syscall(SYS_mprotect, address, size, protection) == 0;
}

static bool advise(void *address, size_t size, int advice)
{
    return syscall(SYS_madvise, address, size, advice) == 0;
}

void *os_find_room(size_t size)
{
    void *p = map(NULL, size, PROT_NONE, PRIVATE | MAP_NORESERVE, -1);
    if (p)
        os_unmap(p, size);
    return p;
}

bool os_fence(void *address, size_t size, bool fenced)
{
    return protect(address, size, fenced ? PROT_NONE : PROT_READ | PROT_WRITE);
}

void *os_map(void *hint, size_t size)
{
    return map(hint, size, PROT_READ | PROT_WRITE, PRIVATE, -1);
}

void *os_map_aligned(size_t size, size_t alignment)
{
    size_t slack = alignment - HAK_PAGE;
    if (size + slack < size)
        return NULL;
    char *raw = os_map(NULL, size + slack);
    if (!raw)
        return NULL;
    char *start = (char *)(((uintptr_t)raw + slack) & ~(alignment - 1));
    size_t before = (size_t)(start - raw);
    if (before)
        os_unmap(raw, before);
    if (slack - before)
        os_unmap(start + size, slack - before);
    return start;
}

enum os_mapped os_map_fixed(void *address, size_t size)
{
    void *p = map(address, size, PROT_READ | PROT_WRITE, PRIVATE | MAP_FIXED_NOREPLACE, -1);
    if (p == address)
        return OS_MAPPED;
    if (!p)
        return errno == EEXIST ? OS_OCCUPIED : OS_REFUSED;
    os_unmap(p, size); /* a kernel that knows no MAP_FIXED_NOREPLACE takes it for a hint */
    return OS_OCCUPIED;
}

bool os_unmap(void *address, size_t size)
{
    return syscall(SYS_munmap, address, size) == 0;
}

bool os_purge(void *address, size_t size)
{
    return advise(address, size, MADV_DONTNEED);
}

/* From here on zeros come from the system, so that only what is written of a sparse table is in
 * memory. Who writes all of it pays a page fault a page for that, several times as much as writing
 * zeros costs; so smaller ones are written, of which at most so much is in memory in vain. */
#define ZERO_BY_SYSTEM (1ul << 20)

void os_zero(void *address, size_t size)
{
    int saved = errno;
    if (size < ZERO_BY_SYSTEM || !os_purge(address, size))
        memset(address, 0, size);
    errno = saved;
}

void os_populate(void *address, size_t size)
{
    (void)advise(address, size, MADV_POPULATE_WRITE);
}

void *os_remap(void *address, size_t old_size, size_t new_size, void *target)
{
    long p =
        syscall(SYS_mremap, address, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    return p == -1 ? NULL : (void *)p;
}

bool os_resize(void *address, size_t old_size, size_t new_size)
{
    return syscall(SYS_mremap, address, old_size, new_size, 0) != -1;
}

bool os_map_shared_over(void *address, size_t size, int descriptor)
{
    return map(address, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE,
               descriptor) == address;
}

bool os_map_private_over(void *address, size_t size)
{
    return map(address, size, PROT_READ | PROT_WRITE, PRIVATE | MAP_FIXED, -1) == address;
}

bool os_read_memory(const void *address, void *bytes, size_t size)
{
    struct iovec to = {.iov_base = bytes, .iov_len = size};
    struct iovec from = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
    long process = syscall(SYS_getpid);
    return syscall(SYS_process_vm_readv, process, &to, 1L, &from, 1L, 0L) == (long)size;
}

/* fstat is no cancellation point, and its call differs from machine to machine. */
bool os_read_file(int descriptor, void *bytes, size_t size)
{
    int saved = errno;
    struct stat status;
    bool done = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                status.st_size == (off_t)size &&
                syscall(SYS_pread64, descriptor, bytes, size, 0L) == (long)size;
    errno = saved;
    return done;
}

bool os_write_file(int descriptor, const void *bytes, size_t size)
{
    int saved = errno;
    bool done = syscall(SYS_pwrite64, descriptor, bytes, size, 0L) == (long)size;
    errno = saved;
    return done;
}

uint64_t os_soft_faults(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_minflt : 0;
}

bool os_is_limited(void)
{
    static const int kinds[] = {RLIMIT_AS, RLIMIT_DATA};
    struct rlimit64 limit;
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (syscall(SYS_prlimit64, 0, kinds[i], NULL, &limit) == 0 &&
            limit.rlim_cur != RLIM64_INFINITY)
            return true;
    return false;
}

bool os_addresses_are_fixed(void)
{
    long persona = syscall(SYS_personality, 0xfffffffful);
    return persona != -1 && persona & ADDR_NO_RANDOMIZE;
}

uint64_t os_clock_coarse_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t os_processors(uint32_t most)
{
    static _Atomic uint32_t known;
    uint32_t count = atomic_load_explicit(&known, memory_order_relaxed);
    if (!count) {
        uint64_t mask[64] = {0}; /* of 4096 processors; a machine with more of them refuses */
        int saved = errno;
        long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
        errno = saved;
        for (size_t i = 0; i < sizeof mask / sizeof *mask; i++)
            count += (uint32_t)__builtin_popcountl(mask[i]);
        count = bytes < 0 ? UINT32_MAX : count ? count : 1;
        atomic_store_explicit(&known, count, memory_order_relaxed);
    }
    return count < most ? count : most;
}

uint64_t os_random(void)
{
    uint64_t bits;
    int saved = errno;
    if (syscall(SYS_getrandom, &bits, sizeof bits, GRND_NONBLOCK) != sizeof bits)
        bits = (os_clock_coarse_ns() ^ (uintptr_t)&bits) * 0x9e3779b97f4a7c15u;
    errno = saved;
    return bits;
}

void os_write_error(const char *text, size_t length)
{
    while (length) {
        long written = syscall(SYS_write, STDERR_FILENO, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

/* Debug builds: the lock of the highest rank that this thread holds. */
static __thread const struct os_lock *held;

static void futex(struct os_lock *lock, int operation, uint32_t value)
{
    int saved = errno;
    syscall(SYS_futex, &lock->word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
    errno = saved;
}

/* The three-state futex mutex of U. Drepper, "Futexes Are Tricky" (2011), mutex2: the
 * acquire of the exchange that takes the word pairs with the release of the one that frees it.
 *
 * While the process has one thread (which glibc knows, and tells before a second one can run)
 * nobody else can look at the word, so plain stores do, which wait for no store before them. A
 * signal handler does not come here while its thread does (see thread_enter), and no thread starts
 * another while it holds a lock, except in fork, whose child resets them. */
static void acquire(struct os_lock *lock)
{
    uint32_t expected = 0;
    if (__libc_single_threaded &&
        HAK_LIKELY(atomic_load_explicit(&lock->word, memory_order_acquire) == 0)) {
        atomic_store_explicit(&lock->word, 1, memory_order_relaxed);
        return;
    }
    if (HAK_LIKELY(atomic_compare_exchange_strong_explicit(
            &lock->word, &expected, 1, memory_order_acquire, memory_order_relaxed)))
        return;
    if (expected != 2)
        expected = atomic_exchange_explicit(&lock->word, 2, memory_order_acquire);
    while (expected != 0) {
        futex(lock, FUTEX_WAIT, 2);
        expected = atomic_exchange_explicit(&lock->word, 2, memory_order_acquire);
    }
}

static void release(struct os_lock *lock)
{
    if (__libc_single_threaded) {
        atomic_store_explicit(&lock->word, 0, memory_order_release);
        return;
    }
    if (HAK_UNLIKELY(atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2))
        futex(lock, FUTEX_WAKE, 1);
}

void lock_acquire(struct os_lock *lock)
{
    hak_assert(held == NULL);
    lock_acquire_nested(lock);
}

void lock_release(struct os_lock *lock)
{
    hak_assert(held == lock);
    lock_release_nested(lock);
}

void lock_acquire_nested(struct os_lock *lock)
{
    hak_assert(lock->rank != 0 && (held == NULL || held->rank <= lock->rank));
    if (HAK_DEBUG)
        held = lock;
    acquire(lock);
}

void lock_release_nested(struct os_lock *lock)
{
    if (HAK_DEBUG)
        held = NULL;
    release(lock);
}

void lock_reset(struct os_lock *lock)
{
    if (HAK_DEBUG)
        held = NULL;
    atomic_store_explicit(&lock->word, 0, memory_order_relaxed);
}

uint64_t os_set_signal_mask(uint64_t mask)
{
    int saved = errno;
    sigset_t set, before;
    uint64_t word = 0;
    sigemptyset(&set);
    sigemptyset(&before);
    memcpy(&set, &mask, sizeof mask);
    pthread_sigmask(SIG_SETMASK, &set, &before);
    memcpy(&word, &before, sizeof word);
    errno = saved;
    return word;
}

bool os_on_signal_stack(void)
{
    int saved = errno;
    stack_t stack;
    bool on = sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK);
    errno = saved;
    return on;
}

bool os_signal_self(int number, void *information)
{
    int saved = errno;
    bool sent =
        syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), number, information) == 0;
    errno = saved;
    return sent;
}

bool os_has_threads(void)
{
    return !__libc_single_threaded;
}
