/* The seam to the operating system: address space, pages, clock, futex lock, output.
 *
 * Nothing here allocates, and nothing here knows what the memory is for. The system is called
 * directly, not by the functions of libc, which a program may replace by ones that allocate, and
 * some of which are cancellation points. Sizes are bytes, times are nanoseconds of CLOCK_MONOTONIC.
 * Every function is thread-safe; errno is left as the system call left it, callers that promise to
 * keep errno save it themselves. */
#ifndef HAK_OS_H
#define HAK_OS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place that has room for `size` bytes of mappings; NULL when there is none. Nothing is taken. */
void *os_find_room(size_t size);
/* Makes whole pages untouchable, or readable and writable again; false when refused. */
bool os_fence(void *address, size_t size, bool fenced);
/* Zeroed, readable and writable memory; `hint` may be NULL. NULL when refused. */
void *os_map(void *hint, size_t size);
/* The same, aligned to `alignment` (a power of two of at least one page). */
void *os_map_aligned(size_t size, size_t alignment);
/* The same at a fixed place. Unless it is OS_MAPPED, nothing has changed. */
enum os_mapped { OS_MAPPED, OS_OCCUPIED /* in part at least */, OS_REFUSED };
enum os_mapped os_map_fixed(void *address, size_t size);
/* False, and nothing changed, when that would make too many mappings of one. */
bool os_unmap(void *address, size_t size);
/* Gives the pages back; they read as zeros when touched again. */
bool os_purge(void *address, size_t size);
/* Fills whole pages with zeros; of many, the pages are given back instead. Keeps errno. */
void os_zero(void *address, size_t size);
/* Has the pages present before they are touched; where the system cannot, nothing happens. */
void os_populate(void *address, size_t size);
/* Moves or resizes a mapping of whole pages to `target` (of `new_size` bytes, which it replaces).
 * When the system refuses, the mapping is as it was; but what stood at the target may be gone, and
 * somebody else's mapping be there. */
void *os_remap(void *address, size_t old_size, size_t new_size, void *target);
/* Resizes a mapping where it stands; false when that is not possible. */
bool os_resize(void *address, size_t old_size, size_t new_size);
/* Replaces whole pages that are mapped by those of a file, shared with all who map it, or by ones
 * of the process's own, which read as zero. False, and nothing changed, when refused (but a system
 * out of memory may leave a hole: that of a page at a process's start, or in a fresh child). */
bool os_map_shared_over(void *address, size_t size, int descriptor);
bool os_map_private_over(void *address, size_t size);
/* Reads memory of the process that may be unmapped, or unmapped meanwhile; false when it is, or the
 * system cannot. */
bool os_read_memory(const void *address, void *bytes, size_t size);
/* All of a file of exactly `size` bytes; false when it is none, or not so long. Keeps errno. */
bool os_read_file(int descriptor, void *bytes, size_t size);
bool os_write_file(int descriptor, const void *bytes, size_t size);
/* Soft page faults of the process so far. */
uint64_t os_soft_faults(void);
/* Has the process a limit of its address space, or of the part of it that it may write to? */
bool os_is_limited(void);
/* Has the user asked that addresses do not differ from run to run, as debuggers do? */
bool os_addresses_are_fixed(void);

uint64_t os_clock_coarse_ns(void);
/* How many processors the process may use when it is asked first: 1 to `most`. Keeps errno. */
uint32_t os_processors(uint32_t most);
/* Sixty-four bits that nobody can guess; where the system has none to give, a worse substitute. */
uint64_t os_random(void);
void os_write_error(const char *text, size_t length);

/* Sets the calling thread's signal mask, a word with a bit per signal, and returns the one before.
 * Through the C library's function: a handler that comes at once has not interrupted our code. */
uint64_t os_set_signal_mask(uint64_t mask);
/* May there be threads beside the calling one? */
bool os_has_threads(void);
/* Does the calling thread stand on its alternate signal stack? */
bool os_on_signal_stack(void);
/* Sends the calling thread a signal as if it came from where it first came from: `information` is a
 * siginfo_t. False when refused. */
bool os_signal_self(int number, void *information);

/* A lock of one word. It sleeps in the kernel when it has to wait and never spins, so that a
 * holder that is not running can run. `rank` orders the locks (see lock_acquire). */
struct os_lock {
    _Atomic uint32_t word; /* 0 free, 1 held, 2 held and somebody waits */
    uint32_t rank;
};

/* A thread holds one lock at a time; only fork takes several, in rising rank. Debug builds check.
 */
void lock_acquire(struct os_lock *lock);
void lock_release(struct os_lock *lock);
/* For fork: acquire without the one-at-a-time check, and reset in the child. */
void lock_acquire_nested(struct os_lock *lock);
void lock_release_nested(struct os_lock *lock);
void lock_reset(struct os_lock *lock);
/* One of the three. */
typedef void lock_step(struct os_lock *lock);

#endif
