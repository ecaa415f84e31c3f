/* Whether RTLD_DEEPBIND is kept: HAKMEM_DEEPBIND=keep (see preload_dlopen.c). Written once, when
 * the library starts; until then it is not kept. */
#ifndef HAK_DEEPBIND_H
#define HAK_DEEPBIND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "allocator/base/compiler.h"

extern HAK_HIDDEN _Atomic bool deepbind_kept;

HAK_INLINE bool deepbind_is_kept(void)
{
    return atomic_load_explicit(&deepbind_kept, memory_order_relaxed);
}

#endif
