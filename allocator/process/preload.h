/* The exported operators of C++ that the others come down to, as whoever calls them sees them.
 *
 * A program may replace any of them, and the standard says which form calls which ([new.delete]):
 * an array's form the plain one, a form that is told a size or that must not throw the one without.
 * So each stands in a file below those that call it, as a function that may be another's: the call
 * is a jump through the table that the dynamic linker fills in. The own_ names are always ours, to
 * ask whether nobody has replaced the other. */
#ifndef HAK_PRELOAD_H
#define HAK_PRELOAD_H

#include <stddef.h>

#include "allocator/base/compiler.h"

/* preload.c */
HAK_PUBLIC void *_Znwm(size_t size);
HAK_PUBLIC void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
HAK_PUBLIC void _ZdlPv(void *p);
HAK_PUBLIC void _ZdlPvSt11align_val_t(void *p, size_t alignment);
HAK_HIDDEN void *own_new(size_t size);
HAK_HIDDEN void *own_new_aligned(size_t size, size_t alignment);
HAK_HIDDEN void own_delete(void *p);

/* preload_array.c */
HAK_PUBLIC void *_Znam(size_t size);
HAK_PUBLIC void *_ZnamSt11align_val_t(size_t size, size_t alignment);
HAK_PUBLIC void _ZdaPv(void *p);
HAK_PUBLIC void _ZdaPvSt11align_val_t(void *p, size_t alignment);
HAK_HIDDEN void *own_new_array(size_t size);
HAK_HIDDEN void *own_new_array_aligned(size_t size, size_t alignment);
HAK_HIDDEN void own_delete_array(void *p);

#endif
