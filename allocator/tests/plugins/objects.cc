// A library that replaces the plain operators for itself, makes objects by every form, and lets
// memory run out. Which operators it gets depends on what stands before it in the program;
// whichever they are, they must be a pair.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#pragma GCC diagnostic ignored "-Wsized-deallocation"

void *operator new(size_t size)
{
    char *block = static_cast<char *>(malloc(size + 32));
    if (!block)
        throw std::bad_alloc();
    memcpy(block, "LIB", 4);
    return block + 32;
}

static bool was_foreign;

void operator delete(void *p) noexcept
{
    if (!p)
        return;
    char *block = static_cast<char *>(p) - 32;
    if (memcmp(block, "LIB", 4) != 0)
        was_foreign = true;
    else
        free(block);
}

template <typename T> static T *hidden(T *p)
{
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

static bool throws()
{
    volatile size_t size = PTRDIFF_MAX - 4096;
    try {
        ::operator delete(hidden(::operator new(size)));
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

static bool throws_aligned()
{
    volatile size_t size = PTRDIFF_MAX - 4096;
    constexpr std::align_val_t to{64};
    try {
        ::operator delete[](hidden(::operator new[](size, to)), to);
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

// What went wrong, or NULL.
extern "C" const char *exercise()
{
    volatile size_t too_much = PTRDIFF_MAX - 4096;
    for (size_t size = 1; size < 3000; size += 100) {
        ::operator delete(hidden(::operator new(size)));
        ::operator delete(hidden(::operator new(size)), size);
        ::operator delete[](hidden(::operator new[](size)));
        ::operator delete[](hidden(::operator new[](size)), size);
        ::operator delete(hidden(::operator new(size, std::nothrow)), std::nothrow);
        ::operator delete[](hidden(::operator new[](size, std::nothrow)), std::nothrow);
    }
    if (was_foreign)
        return "a block came to an operator that did not make it";
    if (!throws())
        return "new did not throw";
    if (!throws_aligned())
        return "aligned new[] did not throw";
    if (hidden(::operator new(too_much, std::nothrow)))
        return "nothrow new gave a block";
    if (hidden(::operator new[](too_much, std::nothrow)))
        return "nothrow new[] gave a block";
    return nullptr;
}
