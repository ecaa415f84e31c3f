/* The exported symbols of libhakmem.so, and nothing else: the malloc family as glibc documents it,
 * the C++ operators, and what the suite reads to prove which allocator it measured. */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "allocator/diagnostics/fail.h"
#include "allocator/process/alloc.h"
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
    if (alignment > (size_t)PTRDIFF_MAX / 2 + 1) {
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

/* --- statistics ----------------------------------------------------------------------------------
 */

HAK_PUBLIC int malloc_trim(size_t pad)
{
    (void)pad;
    return hak_trim() != 0;
}

/* No parameter of glibc's allocator has a meaning here; 0 says so. */
HAK_PUBLIC int mallopt(int parameter, int value)
{
    (void)parameter, (void)value;
    return 0;
}

HAK_PUBLIC struct mallinfo2 mallinfo2(void)
{
    struct hak_stats stats = hak_stats_read();
    return (struct mallinfo2){.arena = stats.mapped - stats.huge,
                              .hblkhd = stats.huge,
                              .uordblks = stats.used - stats.huge,
                              .fordblks = stats.mapped - stats.used,
                              .keepcost = stats.idle};
}

HAK_PUBLIC struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    return (struct mallinfo){.arena = (int)wide.arena,
                             .hblkhd = (int)wide.hblkhd,
                             .uordblks = (int)wide.uordblks,
                             .fordblks = (int)wide.fordblks,
                             .keepcost = (int)wide.keepcost};
}

/* Writes the kinds that were seen at least once, a line each; false when the stream fails. */
static bool write_events(FILE *stream)
{
    struct fail_kind kind;
    for (unsigned i = 0; fail_kind_at(i, &kind); i++)
        if (kind.count && fprintf(stream, "<event layer=\"%s\" tag=\"%s\" count=\"%lu\"/>\n",
                                  kind.layer, kind.tag, kind.count) < 0)
            return false;
    return true;
}

static bool write_info(FILE *stream)
{
    struct hak_stats stats = hak_stats_read();
    if (fprintf(stream,
                "<malloc version=\"1\">\n<!-- hakmem %s -->\n"
                "<system type=\"current\" size=\"%lu\"/>\n"
                "<aspace type=\"total\" size=\"%lu\"/>\n"
                "<total type=\"mmap\" size=\"%lu\"/>\n<total type=\"rest\" size=\"%lu\"/>\n",
                hakmem_variant, stats.used, stats.mapped, stats.huge, stats.idle) < 0)
        return false;
    if (stats.deferred && fprintf(stream, "<deferred total=\"%lu\" waiting=\"%lu\"/>\n",
                                  stats.deferred, stats.waiting) < 0)
        return false;
    return write_events(stream) && fputs("</malloc>\n", stream) >= 0;
}

HAK_PUBLIC int malloc_info(int options, FILE *stream)
{
    if (options != 0)
        return EINVAL;
    return write_info(stream) ? 0 : EIO;
}

HAK_PUBLIC void malloc_stats(void)
{
    struct hak_stats stats = hak_stats_read();
    fprintf(stderr,
            "hakmem %s\nmapped bytes = %12lu\nin use bytes = %12lu\nhuge bytes   = %12lu\n"
            "idle bytes   = %12lu\n",
            hakmem_variant, stats.mapped, stats.used, stats.huge, stats.idle);
    if (stats.deferred)
        fprintf(stderr, "deferred     = %12lu\nstill waiting= %12lu\n", stats.deferred,
                stats.waiting);
    struct fail_kind kind;
    for (unsigned i = 0; fail_kind_at(i, &kind); i++)
        if (kind.count)
            fprintf(stderr, "%s %s = %lu\n", kind.layer, kind.tag, kind.count);
}

/* --- C++
 * ------------------------------------------------------------------------------------------ */

/* operator new: on failure calls the new-handler until it succeeds or throws; without one throws
 * std::bad_alloc. libstdc++ has both, and is looked up only when it comes to this. This file is
 * compiled with -fexceptions, so that the exception passes through. */
static HAK_SLOW void *new_failed(size_t size, size_t alignment, bool may_throw)
{
    void (*(*get_handler)(void))(void) = NULL;
    *(void **)&get_handler = dlsym(RTLD_DEFAULT, "_ZSt15get_new_handlerv");
    for (;;) {
        void (*handler)(void) = get_handler ? get_handler() : NULL;
        if (!handler)
            break;
        handler();
        void *p = hak_aligned_alloc(alignment, size);
        if (p)
            return p;
    }
    if (!may_throw)
        return NULL;
    void (*throw_bad_alloc)(void) = NULL;
    *(void **)&throw_bad_alloc = dlsym(RTLD_DEFAULT, "_ZSt17__throw_bad_allocv");
    if (throw_bad_alloc)
        throw_bad_alloc();
    abort();
}

HAK_PUBLIC void *_Znwm(size_t size)
{
    void *p = hak_malloc(size);
    return HAK_LIKELY(p != NULL) ? p : new_failed(size, HAK_ALIGNMENT, true);
}

HAK_PUBLIC void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow)
{
    (void)nothrow;
    void *p = hak_malloc(size);
    return HAK_LIKELY(p != NULL) ? p : new_failed(size, HAK_ALIGNMENT, false);
}

HAK_PUBLIC void *_ZnwmSt11align_val_t(size_t size, size_t alignment)
{
    void *p = hak_aligned_alloc(alignment, size);
    return HAK_LIKELY(p != NULL) ? p : new_failed(size, alignment, true);
}

HAK_PUBLIC void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment,
                                                    const void *nothrow)
{
    (void)nothrow;
    void *p = hak_aligned_alloc(alignment, size);
    return HAK_LIKELY(p != NULL) ? p : new_failed(size, alignment, false);
}

#define SAME_AS(function) HAK_PUBLIC __attribute__((alias(#function), copy(function)))

SAME_AS(_Znwm) void *_Znam(size_t);
SAME_AS(_ZnwmRKSt9nothrow_t) void *_ZnamRKSt9nothrow_t(size_t, const void *);
SAME_AS(_ZnwmSt11align_val_t) void *_ZnamSt11align_val_t(size_t, size_t);
SAME_AS(_ZnwmSt11align_val_tRKSt9nothrow_t)
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t, size_t, const void *);

/* operator delete: the other arguments (size, alignment, nothrow) are hints that are not needed. */
SAME_AS(free) void _ZdlPv(void *);
SAME_AS(free) void _ZdaPv(void *);
#if HAK_LAYER_HEAD
SAME_AS(free_sized) void _ZdlPvm(void *, size_t);
SAME_AS(free_sized) void _ZdaPvm(void *, size_t);
#else
SAME_AS(free) void _ZdlPvm(void *);
SAME_AS(free) void _ZdaPvm(void *);
#endif
SAME_AS(free) void _ZdlPvRKSt9nothrow_t(void *);
SAME_AS(free) void _ZdaPvRKSt9nothrow_t(void *);
SAME_AS(free) void _ZdlPvSt11align_val_t(void *);
SAME_AS(free) void _ZdaPvSt11align_val_t(void *);
SAME_AS(free) void _ZdlPvmSt11align_val_t(void *);
SAME_AS(free) void _ZdaPvmSt11align_val_t(void *);
SAME_AS(free) void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *);
SAME_AS(free) void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *);
