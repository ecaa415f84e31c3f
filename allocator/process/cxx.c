#include "allocator/process/cxx.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "allocator/base/compiler.h"

typedef void *plain_form(size_t size);
typedef void *aligned_form(size_t size, size_t alignment);
typedef void *nothrow_form(size_t size, const void *nothrow);
typedef void *aligned_nothrow_form(size_t size, size_t alignment, const void *nothrow);

static const char new_name[] = "_Znwm", new_aligned_name[] = "_ZnwmSt11align_val_t";
static const char *const nothrow_names[] = {
    [CXX_NOTHROW] = "_ZnwmRKSt9nothrow_t",
    [CXX_NOTHROW_ARRAY] = "_ZnamRKSt9nothrow_t",
    [CXX_NOTHROW_ALIGNED] = "_ZnwmSt11align_val_tRKSt9nothrow_t",
    [CXX_NOTHROW_ARRAY_ALIGNED] = "_ZnamSt11align_val_tRKSt9nothrow_t",
};
static _Atomic(void *) nothrow_found[sizeof nothrow_names / sizeof *nothrow_names];

/* The C++ library's operator: behind us in the order of the program's libraries, or, when only a
 * library that was opened later needs it, by its own name. What was found so stays open. */
static HAK_SLOW void *find(const char *symbol)
{
    static const char *const libraries[] = {"libstdc++.so.6", "libc++abi.so.1", "libc++.so.1"};
    void *found = dlsym(RTLD_NEXT, symbol);
    for (size_t i = 0; !found && i < sizeof libraries / sizeof *libraries; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        found = library ? dlsym(library, symbol) : NULL;
    }
    return found;
}

HAK_SLOW void *cxx_new_failed(size_t size)
{
    plain_form *form;
    *(void **)&form = find(new_name);
    if (!form)
        abort();
    return form(size);
}

HAK_SLOW void *cxx_new_aligned_failed(size_t size, size_t alignment)
{
    aligned_form *form;
    *(void **)&form = find(new_aligned_name);
    if (!form)
        abort();
    return form(size, alignment);
}

/* A program that has replaced what these call comes here each time, so that what was found is
 * kept. */
HAK_OUTLINE bool cxx_new_nothrow(enum cxx_nothrow form, size_t size, size_t alignment, void **block)
{
    static const char nothrow = 0; /* an empty object, of which only the address counts */
    void *found = atomic_load_explicit(&nothrow_found[form], memory_order_relaxed);
    if (!found) {
        found = find(nothrow_names[form]);
        if (!found)
            return false;
        atomic_store_explicit(&nothrow_found[form], found, memory_order_relaxed);
    }
    nothrow_form *plain;
    aligned_nothrow_form *aligned;
    *(void **)&plain = *(void **)&aligned = found;
    *block = form == CXX_NOTHROW || form == CXX_NOTHROW_ARRAY ? plain(size, &nothrow)
                                                              : aligned(size, alignment, &nothrow);
    return true;
}
