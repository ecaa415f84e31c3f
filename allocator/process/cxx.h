/* What operator new does when there is no memory: it calls the new-handler until that succeeds,
 * throws or is none, and then throws std::bad_alloc, or returns NULL where it must not throw.
 *
 * The C++ library of the program has all of this, in its own operators, which call malloc (ours)
 * and the replaceable operators through the dynamic linker: they are looked up when it comes to
 * this. The files that call this are compiled with -fexceptions, so that exceptions pass. */
#ifndef HAK_CXX_H
#define HAK_CXX_H

#include <stdbool.h>
#include <stddef.h>

/* Ends the process where there is no C++ library, as nobody could catch what it would throw. */
void *cxx_new_failed(size_t size);
void *cxx_new_aligned_failed(size_t size, size_t alignment);

/* The forms that must not throw: each calls its form that may, and catches. */
enum cxx_nothrow {
    CXX_NOTHROW,
    CXX_NOTHROW_ARRAY,
    CXX_NOTHROW_ALIGNED,
    CXX_NOTHROW_ARRAY_ALIGNED,
};
/* False: there is no C++ library. Else the block, or NULL, is in *block. `alignment` is ignored for
 * the forms without one. */
bool cxx_new_nothrow(enum cxx_nothrow form, size_t size, size_t alignment, void **block);

#endif
