/* What the code says to the compiler: branch hints, inlining, and the debug assertion. */
#ifndef HAK_COMPILER_H
#define HAK_COMPILER_H

#include "allocator/base/config.h"

#define HAK_LIKELY(x)   __builtin_expect(!!(x), 1)
#define HAK_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HAK_INLINE      static inline __attribute__((always_inline))
/* A function that a hot one leaves to: out of line, and laid out away from the hot code. */
#define HAK_SLOW __attribute__((noinline, cold))
/* Out of line as well, but on the road of programs that do little else. */
#define HAK_OUTLINE __attribute__((noinline))
/* For variables that several files share: reached without the indirection that an exported one
 * needs. */
#define HAK_HIDDEN __attribute__((visibility("hidden")))
#define HAK_PUBLIC __attribute__((visibility("default")))
/* A value that the compiler is to keep, where it would rather compute it again. */
#define HAK_KEEP(value) __asm__("" : "+r"(value))

/* hak_assert states an invariant. It is checked in debug builds only. */
#define hak_assert(condition)                                                                      \
    do {                                                                                           \
        if (HAK_DEBUG && HAK_UNLIKELY(!(condition)))                                               \
            __builtin_trap();                                                                      \
    } while (0)

#endif
