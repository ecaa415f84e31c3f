/* The exported operators of C++ that are told a size, or must not throw. By default each does what
 * the form without that does, whoever has it. Only where that is ours, as it mostly is, is a block
 * taken here at once: there is nothing to catch then but a failure. */
#include "allocator/process/alloc.h"
#include "allocator/process/cxx.h"
#include "allocator/process/preload.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static bool is_new_ours(void)
{
    return _Znwm == own_new;
}

static bool is_new_array_ours(void)
{
    return _Znam == own_new_array && is_new_ours();
}

static bool is_new_aligned_ours(void)
{
    return _ZnwmSt11align_val_t == own_new_aligned;
}

static bool is_new_array_aligned_ours(void)
{
    return _ZnamSt11align_val_t == own_new_array_aligned && is_new_aligned_ours();
}

/* Without a C++ library nothing can be thrown, and a form that is not ours is called as it is. */
static HAK_OUTLINE void *new_caught(enum cxx_nothrow form, size_t size, size_t alignment)
{
    void *p;
    if (cxx_new_nothrow(form, size, alignment, &p))
        return p;
    switch (form) {
    case CXX_NOTHROW:
        return is_new_ours() ? NULL : _Znwm(size);
    case CXX_NOTHROW_ARRAY:
        return is_new_array_ours() ? NULL : _Znam(size);
    case CXX_NOTHROW_ALIGNED:
        return is_new_aligned_ours() ? NULL : _ZnwmSt11align_val_t(size, alignment);
    case CXX_NOTHROW_ARRAY_ALIGNED:
        return is_new_array_aligned_ours() ? NULL : _ZnamSt11align_val_t(size, alignment);
    }
    return NULL;
}

HAK_PUBLIC void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow)
{
    (void)nothrow;
    void *p = HAK_LIKELY(is_new_ours()) ? hak_malloc(size) : NULL;
    return HAK_LIKELY(p != NULL) ? p : new_caught(CXX_NOTHROW, size, 0);
}

HAK_PUBLIC void *_ZnamRKSt9nothrow_t(size_t size, const void *nothrow)
{
    (void)nothrow;
    void *p = HAK_LIKELY(is_new_array_ours()) ? hak_malloc(size) : NULL;
    return HAK_LIKELY(p != NULL) ? p : new_caught(CXX_NOTHROW_ARRAY, size, 0);
}

HAK_PUBLIC void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment,
                                                    const void *nothrow)
{
    (void)nothrow;
    void *p = HAK_LIKELY(is_new_aligned_ours()) ? hak_aligned_alloc(alignment, size) : NULL;
    return HAK_LIKELY(p != NULL) ? p : new_caught(CXX_NOTHROW_ALIGNED, size, alignment);
}

HAK_PUBLIC void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment,
                                                    const void *nothrow)
{
    (void)nothrow;
    void *p = HAK_LIKELY(is_new_array_aligned_ours()) ? hak_aligned_alloc(alignment, size) : NULL;
    return HAK_LIKELY(p != NULL) ? p : new_caught(CXX_NOTHROW_ARRAY_ALIGNED, size, alignment);
}

/* --- delete ---------------------------------------------------------------------------------- */

HAK_PUBLIC void _ZdlPvm(void *p, size_t size)
{
    if (HAK_LAYER_HEAD && _ZdlPv == own_delete)
        hak_free_sized(p, size);
    else
        _ZdlPv(p);
}

HAK_PUBLIC void _ZdaPvm(void *p, size_t size)
{
    if (HAK_LAYER_HEAD && _ZdaPv == own_delete_array && _ZdlPv == own_delete)
        hak_free_sized(p, size);
    else
        _ZdaPv(p);
}

HAK_PUBLIC void _ZdlPvRKSt9nothrow_t(void *p, const void *nothrow)
{
    (void)nothrow;
    _ZdlPv(p);
}

HAK_PUBLIC void _ZdaPvRKSt9nothrow_t(void *p, const void *nothrow)
{
    (void)nothrow;
    _ZdaPv(p);
}

HAK_PUBLIC void _ZdlPvmSt11align_val_t(void *p, size_t size, size_t alignment)
{
    (void)size;
    _ZdlPvSt11align_val_t(p, alignment);
}

HAK_PUBLIC void _ZdaPvmSt11align_val_t(void *p, size_t size, size_t alignment)
{
    (void)size;
    _ZdaPvSt11align_val_t(p, alignment);
}

HAK_PUBLIC void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *p, size_t alignment, const void *nothrow)
{
    (void)nothrow;
    _ZdlPvSt11align_val_t(p, alignment);
}

HAK_PUBLIC void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *p, size_t alignment, const void *nothrow)
{
    (void)nothrow;
    _ZdaPvSt11align_val_t(p, alignment);
}
