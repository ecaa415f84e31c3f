#include "allocator/process/foreign.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "allocator/base/compiler.h"
#include "allocator/base/config.h"

/* A chunk, as glibc calls a block with the header before it: its size, with three flags. */
struct chunk {
    size_t before; /* MAPPED: bytes from the start of the mapping to here */
    size_t word;
};
#define IN_USE_BEFORE ((size_t)1)
#define MAPPED        ((size_t)2)
#define OF_AN_ARENA   ((size_t)4) /* not of the main one */
#define FLAGS         ((size_t)7)
#define CHUNK_MIN     32

/* What stands in front of a pointer that is none of libc's may be anything, such as what
 * AddressSanitizer guards. */
#define READS_ANYTHING __attribute__((no_sanitize_address))

/* What stands at the start of an arena's heap, which is aligned to its largest size. */
struct heap {
    const void *arena;
    const struct heap *previous; /* of the same arena; the first one holds the arena itself */
    size_t size, accessible;
};
#define HEAP_MAX      (64ul << 20)
#define HEAP_HEAD_MAX 256 /* the arena begins before this */

static struct {
    void (*free)(void *);
    size_t (*usable)(void *);
    uintptr_t heap_start;
} libc;

void foreign_start(void)
{
    /* By its name: RTLD_NEXT would find whatever else the program has put before libc. The handle
     * is kept, as libc stays. */
    void *handle = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (!handle)
        return;
    *(void **)&libc.free = dlsym(handle, "free");
    *(void **)&libc.usable = dlsym(handle, "malloc_usable_size");
    libc.heap_start = (uintptr_t)sbrk(0);
    if (!libc.usable)
        libc.free = NULL;
}

/* The kernel reads the set of signals before it looks at what is to be done with it, which here is
 * nothing that there is. */
static bool is_readable(const void *address, size_t size)
{
    uintptr_t first = (uintptr_t)address & ~7ul, last = ((uintptr_t)address + size - 1) & ~7ul;
    return (syscall(SYS_rt_sigprocmask, ~0, first, NULL, 8) == 0 || errno != EFAULT) &&
           (syscall(SYS_rt_sigprocmask, ~0, last, NULL, 8) == 0 || errno != EFAULT);
}

READS_ANYTHING static size_t size_of(const struct chunk *chunk)
{
    return chunk->word & ~FLAGS;
}

/* Whether the chunk and its neighbour behind, which always has a header, stand below `end` and
 * agree that this one is in use. The chunk's own header is known to be readable. */
READS_ANYTHING static bool has_neighbour(const struct chunk *chunk, uintptr_t end)
{
    size_t size = size_of(chunk), room = end - (uintptr_t)chunk;
    if (size < CHUNK_MIN || size % 16 != 0 || size > room || room - size < sizeof(struct chunk))
        return false;
    const struct chunk *next = (const struct chunk *)((uintptr_t)chunk + size);
    return is_readable(next, sizeof *next) && next->word & IN_USE_BEFORE && size_of(next) >= 16 &&
           size_of(next) <= room - size;
}

READS_ANYTHING static bool is_in_main_heap(const struct chunk *chunk)
{
    uintptr_t end = (uintptr_t)sbrk(0);
    return (uintptr_t)chunk >= libc.heap_start && (uintptr_t)chunk < end &&
           !(chunk->word & OF_AN_ARENA) && has_neighbour(chunk, end);
}

READS_ANYTHING static bool is_heap(const struct heap *heap)
{
    size_t page = (size_t)getpagesize();
    if (!is_readable(heap, sizeof *heap) || heap->size > heap->accessible ||
        heap->accessible > HEAP_MAX || (heap->size | heap->accessible) % page || !heap->size)
        return false;
    uintptr_t arena = (uintptr_t)heap->arena, first = arena & ~(HEAP_MAX - 1);
    bool is_first = first == (uintptr_t)heap;
    return arena - first >= sizeof *heap && arena - first < HEAP_HEAD_MAX &&
           is_first == (heap->previous == NULL) && (uintptr_t)heap->previous % HEAP_MAX == 0;
}

READS_ANYTHING static bool is_in_arena(const struct chunk *chunk)
{
    const struct heap *heap = (const struct heap *)((uintptr_t)chunk & ~(HEAP_MAX - 1));
    return chunk->word & OF_AN_ARENA && is_heap(heap) &&
           (uintptr_t)chunk - (uintptr_t)heap >= sizeof *heap &&
           has_neighbour(chunk, (uintptr_t)heap + heap->size);
}

/* --- mappings ------------------------------------------------------------------------------ */

/* Looks for the mapping that holds an address, in the lines of /proc/self/maps as they come. */
struct search {
    uintptr_t start, end; /* bytes that it is to hold */
    char line[96];        /* enough for all but the name of a file */
    size_t length;
};

static uintptr_t read_hex(const char **text)
{
    uintptr_t number = 0;
    for (;; ++*text) {
        if (**text >= '0' && **text <= '9')
            number = number * 16 + (uintptr_t)(**text - '0');
        else if (**text >= 'a' && **text <= 'f')
            number = number * 16 + (uintptr_t)(**text - 'a') + 10;
        else
            return number;
    }
}

/* Whether the line tells of private memory of no file that holds the bytes, and not this thread's
 * stack. A name in brackets that begins with "anon" is one that somebody gave to plain memory. */
static bool line_fits(const struct search *search)
{
    const char *text = search->line;
    uintptr_t start = read_hex(&text), end = *text == '-' ? (text++, read_hex(&text)) : 0;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (start > search->start || end < search->end || (here >= start && here < end) ||
        strncmp(text, " rw-p 00000000 00:00 0", 22) != 0)
        return false;
    for (text += 22; *text == ' '; text++)
        ;
    return *text == '\0' || strncmp(text, "[anon", 5) == 0;
}

static bool search_in(struct search *search, const char *bytes, ssize_t count)
{
    for (ssize_t i = 0; i < count; i++) {
        bool at_end = bytes[i] == '\n';
        if (!at_end && search->length < sizeof search->line - 1)
            search->line[search->length++] = bytes[i];
        if (!at_end)
            continue;
        search->line[search->length] = '\0';
        search->length = 0;
        if (line_fits(search))
            return true;
    }
    return false;
}

/* What was loaded from a file has plain memory behind it, too: its .bss. Where libc does not tell
 * without a lock, everything counts as such. */
extern int _dl_find_object(void *, struct dl_find_object *) __attribute__((weak));

static bool is_of_a_file(uintptr_t address)
{
    struct dl_find_object object;
    return !_dl_find_object || _dl_find_object((void *)address, &object) == 0;
}

/* By raw system calls: a thread may not be cancelled inside of free. */
static bool is_plain_memory(uintptr_t start, size_t size)
{
    struct search search = {.start = start, .end = start + size};
    char bytes[2048];
    long file = syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    bool found = false;
    ssize_t count;
    if (file < 0)
        return false;
    while (!found && (count = syscall(SYS_read, file, bytes, sizeof bytes)) > 0)
        found = search_in(&search, bytes, count);
    syscall(SYS_close, file);
    return found;
}

READS_ANYTHING static bool is_mapped(const struct chunk *chunk)
{
    size_t page = (size_t)getpagesize(), size = size_of(chunk) + chunk->before;
    uintptr_t start = (uintptr_t)chunk - chunk->before;
    uintptr_t offset = ((uintptr_t)chunk + sizeof *chunk) & (page - 1);
    return chunk->word & MAPPED && !(chunk->word & (IN_USE_BEFORE | OF_AN_ARENA)) &&
           chunk->before < (uintptr_t)chunk && size_of(chunk) < PTRDIFF_MAX &&
           size_of(chunk) >= CHUNK_MIN && ((start | size) & (page - 1)) == 0 &&
           (offset & (offset - 1)) == 0 && !is_of_a_file(start) && is_plain_memory(start, size);
}

READS_ANYTHING static bool is_block(const void *p)
{
    const struct chunk *chunk = (const struct chunk *)p - 1;
    if ((uintptr_t)p % 16 != 0 || (uintptr_t)p < sizeof *chunk ||
        !is_readable(chunk, sizeof *chunk))
        return false;
    return chunk->word & MAPPED ? is_mapped(chunk) : is_in_main_heap(chunk) || is_in_arena(chunk);
}

HAK_SLOW size_t foreign_usable(const void *p)
{
    int saved = errno;
    void *block = (void *)(uintptr_t)p;
    size_t usable = libc.free && is_block(p) ? libc.usable(block) : 0;
    errno = saved;
    return usable;
}

void foreign_free(void *p)
{
    libc.free(p);
}
