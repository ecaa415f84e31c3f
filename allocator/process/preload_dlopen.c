/* The exported dlopen. A library that is opened with RTLD_DEEPBIND finds libc's malloc before ours,
 * and the two meet in one program: what either has made, the other is asked to free. So that flag
 * is left out, unless HAKMEM_DEEPBIND=keep. */
#include <dlfcn.h>
#include <stdatomic.h>

#include "allocator/base/compiler.h"
#include "allocator/process/deepbind.h"

typedef void *dlopen_form(const char *path, int mode);

static _Atomic(dlopen_form *) next;

static HAK_SLOW dlopen_form *find_next(void)
{
    dlopen_form *found;
    *(void **)&found = dlsym(RTLD_NEXT, "dlopen");
    atomic_store_explicit(&next, found, memory_order_relaxed);
    return found;
}

/* libc looks at who has called it, for the folders that the caller's file names: so the last call
 * must be a jump, which leaves our caller as libc's. The compiler makes it one as long as nothing
 * is left to be done after it (a test opens a library that is found only so). */
HAK_PUBLIC void *dlopen(const char *path, int mode)
{
    dlopen_form *real = atomic_load_explicit(&next, memory_order_relaxed);
    if (HAK_UNLIKELY(!real))
        real = find_next();
    return real(path, deepbind_is_kept() ? mode : mode & ~RTLD_DEEPBIND);
}
