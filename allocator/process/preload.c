/* The exported symbols of libhakmem.so, and nothing else: here the malloc family as glibc documents
 * it, the C++ operators that a program may replace, and what the suite reads to prove which
 * allocator it measured. In the other files of this name: preload_array.c and preload_cxx.c the
 * operators that call those, preload_stats.c what tells and tunes, preload_dlopen.c. */
#include "allocator/process/preload.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "allocator/diagnostics/fail.h"
#include "allocator/process/alloc.h"
#include "allocator/process/cxx.h"
#include "allocator/process/process.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* What was built, e.g. "layout=headerless,front=sll,layers=off,geometry=fine". */
HAK_PUBLIC extern const char hakmem_variant[];
const char hakmem_variant[] = HAK_VARIANT_BUILT;

HAK_PUBLIC unsigned long hakmem_corruptions(void)
{
    return fail_count();
}

/* How often each kind of corruption or misuse was seen: who saw it, its tag and its count, by a
 * number from 0 on. False, and nothing written, beyond the last kind. */
HAK_PUBLIC bool hakmem_events(unsigned number, const char **layer, const char **tag,
                              unsigned long *count)
{
    struct fail_kind kind;
    if (!fail_kind_at(number, &kind))
        return false;
    *layer = kind.layer;
    *tag = kind.tag;
    *count = kind.count;
    return true;
}

HAK_PUBLIC unsigned hakmem_prewarm(void)
{
    return hak_prewarmed();
}

__attribute__((constructor(101))) static void start(void)
{
    hak_start();
}

HAK_PUBLIC void *malloc(size_t size)
{
    return hak_malloc(size);
}

HAK_PUBLIC void free(void *p)
{
    hak_free(p);
}

HAK_PUBLIC void cfree(void *p)
{
    hak_free(p);
}

/* C23. The size is a hint that is not needed. */
HAK_PUBLIC void free_sized(void *p, size_t size)
{
    hak_free_sized(p, size);
}

HAK_PUBLIC void free_aligned_sized(void *p, size_t alignment, size_t size)
{
    (void)alignment, (void)size;
    hak_free(p);
}

HAK_PUBLIC void *calloc(size_t count, size_t size)
{
    return hak_calloc(count, size);
}

HAK_PUBLIC void *realloc(void *p, size_t size)
{
    return hak_realloc(p, size);
}

HAK_PUBLIC void *reallocarray(void *p, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return hak_realloc(p, bytes);
}

static bool is_power_of_two(size_t n)
{
    return n && (n & (n - 1)) == 0;
}

HAK_PUBLIC int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment % sizeof(void *))
        return EINVAL;
    int saved = errno;
    void *p = hak_aligned_alloc(alignment, size);
    errno = saved;
    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}

/* glibc's memalign rounds an alignment that is no power of two up, and so do we. */
HAK_PUBLIC void *memalign(size_t alignment, size_t size)
{
    if (alignment > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    size_t power = HAK_ALIGNMENT;
    while (power < alignment)
        power *= 2;
    return hak_aligned_alloc(power, size);
}

HAK_PUBLIC void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

HAK_PUBLIC void *valloc(size_t size)
{
    return hak_aligned_alloc(HAK_PAGE, size);
}

HAK_PUBLIC void *pvalloc(size_t size)
{
    size_t rounded = (size + HAK_PAGE - 1) & ~(HAK_PAGE - 1);
    if (rounded < size) {
        errno = ENOMEM;
        return NULL;
    }
    return hak_aligned_alloc(HAK_PAGE, rounded);
}

HAK_PUBLIC size_t malloc_usable_size(void *p)
{
    return hak_usable_size(p);
}

#define SAME_AS(function) HAK_PUBLIC __attribute__((alias(#function), copy(function)))

/* The names by which programs reach the C library's malloc past those that wrap malloc itself. */
SAME_AS(malloc) void *__libc_malloc(size_t);
SAME_AS(free) void __libc_free(void *);
SAME_AS(calloc) void *__libc_calloc(size_t, size_t);
SAME_AS(realloc) void *__libc_realloc(void *, size_t);
SAME_AS(reallocarray) void *__libc_reallocarray(void *, size_t, size_t);
SAME_AS(memalign) void *__libc_memalign(size_t, size_t);
SAME_AS(valloc) void *__libc_valloc(size_t);
SAME_AS(pvalloc) void *__libc_pvalloc(size_t);
SAME_AS(posix_memalign) int __posix_memalign(void **, size_t, size_t);

/* --- C++: the forms that the others come down to --------------------------------------------- */

HAK_PUBLIC void *_Znwm(size_t size)
{
    void *p = hak_malloc(size);
    return HAK_LIKELY(p != NULL) ? p : cxx_new_failed(size);
}

HAK_PUBLIC void *_ZnwmSt11align_val_t(size_t size, size_t alignment)
{
    void *p = hak_aligned_alloc(alignment, size);
    return HAK_LIKELY(p != NULL) ? p : cxx_new_aligned_failed(size, alignment);
}

SAME_AS(free) void _ZdlPv(void *);
HAK_PUBLIC void _ZdlPvSt11align_val_t(void *p, size_t alignment)
{
    (void)alignment;
    hak_free(p);
}

#define OWN(function) __attribute__((alias(#function), copy(function))) HAK_HIDDEN

OWN(_Znwm) void *own_new(size_t);
OWN(_ZnwmSt11align_val_t) void *own_new_aligned(size_t, size_t);
OWN(free) void own_delete(void *);
