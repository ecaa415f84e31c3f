// What a program that replaces some operators new and delete may expect of the others: that each
// form comes down to the one that the standard names ([new.delete]), whichever malloc is below.
//
// A replaced form marks its blocks and counts; a block without the mark that comes to it is
// somebody else's, and counts as foreign.
#ifndef ALLOCATOR_TESTS_OPERATORS_H
#define ALLOCATOR_TESTS_OPERATORS_H

#include <cstddef>
#include <new>

#include "allocator/tests/check.h"

// That not all forms are replaced is the point.
#pragma GCC diagnostic ignored "-Wsized-deallocation"

struct counts {
    long made, dropped, foreign;
};

// A block with a mark before it, `alignment` bytes away.
inline void *make_marked(counts &counted, size_t size, size_t alignment)
{
    size_t bytes = (size + 2 * alignment - 1) / alignment * alignment;
    char *block = static_cast<char *>(aligned_alloc(alignment, bytes));
    if (!block)
        throw std::bad_alloc();
    memcpy(block, "MINE", 4);
    counted.made++;
    return block + alignment;
}

inline void drop_marked(counts &counted, void *p, size_t alignment)
{
    if (!p)
        return;
    char *block = static_cast<char *>(p) - alignment;
    if (memcmp(block, "MINE", 4) != 0) {
        counted.foreign++;
        return;
    }
    memset(block, 0, 4);
    counted.dropped++;
    free(block);
}

// The four forms that make a block, and those that drop it, of single objects and of arrays.
template <typename Make, typename Drop> void pair(Make make, Drop drop)
{
    for (size_t size = 1; size < 5000; size = size * 2 + 1) {
        void *block = hide_pointer(make(size));
        CHECK(block != nullptr, "size %zu", size);
        memset(block, 7, size);
        drop(block, size);
    }
}
enum { PAIRS = 12 };

inline void single_pairs()
{
    pair([](size_t n) { return ::operator new(n); }, [](void *p, size_t) { ::operator delete(p); });
    pair([](size_t n) { return ::operator new(n); },
         [](void *p, size_t n) { ::operator delete(p, n); });
    pair([](size_t n) { return ::operator new(n, std::nothrow); },
         [](void *p, size_t) { ::operator delete(p, std::nothrow); });
}

inline void array_pairs()
{
    pair([](size_t n) { return ::operator new[](n); },
         [](void *p, size_t) { ::operator delete[](p); });
    pair([](size_t n) { return ::operator new[](n); },
         [](void *p, size_t n) { ::operator delete[](p, n); });
    pair([](size_t n) { return ::operator new[](n, std::nothrow); },
         [](void *p, size_t) { ::operator delete[](p, std::nothrow); });
}

inline void aligned_single_pairs()
{
    constexpr std::align_val_t to{64};
    pair([](size_t n) { return ::operator new(n, to); },
         [](void *p, size_t) { ::operator delete(p, to); });
    pair([](size_t n) { return ::operator new(n, to); },
         [](void *p, size_t n) { ::operator delete(p, n, to); });
    pair([](size_t n) { return ::operator new(n, to, std::nothrow); },
         [](void *p, size_t) { ::operator delete(p, to, std::nothrow); });
}

inline void aligned_array_pairs()
{
    constexpr std::align_val_t to{64};
    pair([](size_t n) { return ::operator new[](n, to); },
         [](void *p, size_t) { ::operator delete[](p, to); });
    pair([](size_t n) { return ::operator new[](n, to); },
         [](void *p, size_t n) { ::operator delete[](p, n, to); });
    pair([](size_t n) { return ::operator new[](n, to, std::nothrow); },
         [](void *p, size_t) { ::operator delete[](p, to, std::nothrow); });
}

// Runs the pairs and checks that the replaced forms saw `pairs` of them, or none.
inline void expect(counts &counted, void (*pairs)(), long times, const char *what)
{
    counted = {};
    pairs();
    CHECK(counted.made == times && counted.dropped == times && counted.foreign == 0,
          "%s: %ld made, %ld dropped, %ld foreign; expected %ld pairs", what, counted.made,
          counted.dropped, counted.foreign, times);
}
enum { ALL = 3 * PAIRS };

#endif
