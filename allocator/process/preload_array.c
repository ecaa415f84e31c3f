/* The exported operators of C++ for arrays, which a program may replace, too. By default an array
 * is a block. */
#include "allocator/process/preload.h"

HAK_PUBLIC void *_Znam(size_t size)
{
    return _Znwm(size);
}

HAK_PUBLIC void *_ZnamSt11align_val_t(size_t size, size_t alignment)
{
    return _ZnwmSt11align_val_t(size, alignment);
}

HAK_PUBLIC void _ZdaPv(void *p)
{
    _ZdlPv(p);
}

HAK_PUBLIC void _ZdaPvSt11align_val_t(void *p, size_t alignment)
{
    _ZdlPvSt11align_val_t(p, alignment);
}

#define OWN(function) __attribute__((alias(#function), copy(function))) HAK_HIDDEN

OWN(_Znam) void *own_new_array(size_t);
OWN(_ZnamSt11align_val_t) void *own_new_array_aligned(size_t, size_t);
OWN(_ZdaPv) void own_delete_array(void *);
