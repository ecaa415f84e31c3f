// All forms of operator new and delete: plain, array, nothrow, sized, aligned, and their errors.
#include <cstdint>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "allocator/tests/check.h"

namespace
{

volatile bool handler_called;

void give_up()
{
    handler_called = true;
    std::set_new_handler(nullptr);
}

void use(void *block, size_t size, size_t alignment)
{
    CHECK(block != nullptr && reinterpret_cast<uintptr_t>(block) % alignment == 0,
          "%p, size %zu, alignment %zu", block, size, alignment);
    CHECK(malloc_usable_size(block) >= size, "size %zu", size);
    memset(block, 3, size < 100000 ? size : 100000);
}

void plain_forms(size_t size)
{
    void *block = ::operator new(size);
    use(block, size, owed_alignment(size));
    ::operator delete(block);
    block = ::operator new[](size);
    use(block, size, owed_alignment(size));
    ::operator delete[](block);
    block = ::operator new(size, std::nothrow);
    use(block, size, owed_alignment(size));
    ::operator delete(block, std::nothrow);
    block = ::operator new[](size, std::nothrow);
    use(block, size, owed_alignment(size));
    ::operator delete[](block, std::nothrow);
    block = ::operator new(size);
    use(block, size, owed_alignment(size));
    ::operator delete(block, size);
    block = ::operator new[](size);
    use(block, size, owed_alignment(size));
    ::operator delete[](block, size);
}

void aligned_forms(size_t size, size_t bytes)
{
    std::align_val_t alignment{bytes};
    void *block = ::operator new(size, alignment);
    use(block, size, bytes);
    ::operator delete(block, alignment);
    block = ::operator new[](size, alignment);
    use(block, size, bytes);
    ::operator delete[](block, alignment);
    block = ::operator new(size, alignment, std::nothrow);
    use(block, size, bytes);
    ::operator delete(block, alignment, std::nothrow);
    block = ::operator new[](size, alignment, std::nothrow);
    use(block, size, bytes);
    ::operator delete[](block, alignment, std::nothrow);
    block = ::operator new(size, alignment);
    use(block, size, bytes);
    ::operator delete(block, size, alignment);
    block = ::operator new[](size, alignment);
    use(block, size, bytes);
    ::operator delete[](block, size, alignment);
}

template <typename Function> void expect_bad_alloc(const char *what, Function allocate)
{
    handler_called = false;
    std::set_new_handler(give_up);
    bool thrown = false;
    try {
        void *block = hide_pointer(allocate());
        CHECK(block == nullptr, "%s gave %p", what, block);
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    CHECK(thrown, "%s threw nothing", what);
    CHECK(handler_called, "%s did not ask the new handler", what);
}

void errors()
{
    const size_t too_much = hide(static_cast<size_t>(PTRDIFF_MAX) + 100);
    const std::align_val_t alignment{64};
    expect_bad_alloc("new", [=] { return ::operator new(too_much); });
    expect_bad_alloc("new[]", [=] { return ::operator new[](too_much); });
    expect_bad_alloc("aligned new", [=] { return ::operator new(too_much, alignment); });
    expect_bad_alloc("aligned new[]", [=] { return ::operator new[](too_much, alignment); });
    std::set_new_handler(nullptr);
    CHECK(::operator new(too_much, std::nothrow) == nullptr, "nothrow new");
    CHECK(::operator new[](too_much, std::nothrow) == nullptr, "nothrow new[]");
    CHECK(::operator new(too_much, alignment, std::nothrow) == nullptr, "nothrow aligned new");
    CHECK(::operator new[](too_much, alignment, std::nothrow) == nullptr, "nothrow aligned new[]");
}

// All forms must come from one allocator: a mixture frees with one what the other made.
void origins()
{
    static const char *const symbols[] = {
        "_Znwm",
        "_Znam",
        "_ZnwmRKSt9nothrow_t",
        "_ZnamRKSt9nothrow_t",
        "_ZnwmSt11align_val_t",
        "_ZnamSt11align_val_t",
        "_ZnwmSt11align_val_tRKSt9nothrow_t",
        "_ZnamSt11align_val_tRKSt9nothrow_t",
        "_ZdlPv",
        "_ZdaPv",
        "_ZdlPvm",
        "_ZdaPvm",
        "_ZdlPvRKSt9nothrow_t",
        "_ZdaPvRKSt9nothrow_t",
        "_ZdlPvSt11align_val_t",
        "_ZdaPvSt11align_val_t",
        "_ZdlPvmSt11align_val_t",
        "_ZdaPvmSt11align_val_t",
        "_ZdlPvSt11align_val_tRKSt9nothrow_t",
        "_ZdaPvSt11align_val_tRKSt9nothrow_t",
    };
    if (on_hakmem())
        for (const char *symbol : symbols)
            check_origin(symbol);
}

} // namespace

int main()
{
    check_identity();
    origins();
    for (size_t size = 0; size <= 2 << 20; size = size < 80 ? size + 1 : size * 3 / 2) {
        plain_forms(size);
        for (size_t alignment = 32; alignment <= 8192; alignment *= 4)
            aligned_forms(size, alignment);
    }
    ::operator delete(nullptr);
    ::operator delete[](nullptr, std::align_val_t{32});
    errors();

    std::vector<std::string> words;
    for (int i = 0; i < 20000; i++)
        words.push_back(std::string(static_cast<size_t>(i % 300), 'x') + std::to_string(i));
    for (size_t i = 0; i < words.size(); i++)
        CHECK(words[i].size() >= i % 300 && words[i].back() == static_cast<char>('0' + i % 10),
              "word %zu", i);
    return 0;
}
