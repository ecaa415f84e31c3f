// A program that replaces operator new(size_t) and operator delete(void *) alone, as those from
// before C++14 do: all forms without an alignment come down to these two.
#include "allocator/tests/operators.hh"

static counts plain;

void *operator new(size_t size)
{
    return make_marked(plain, size, 32);
}

void operator delete(void *p) noexcept
{
    drop_marked(plain, p, 32);
}

static void nothrow_fails()
{
    CHECK(::operator new(hide(PTRDIFF_MAX - 100ul), std::nothrow) == nullptr, "nothrow new");
    CHECK(::operator new[](hide(PTRDIFF_MAX - 100ul), std::nothrow) == nullptr, "nothrow new[]");
}

int main()
{
    check_identity();
    expect(plain, single_pairs, ALL, "single objects");
    expect(plain, array_pairs, ALL, "arrays");
    expect(plain, aligned_single_pairs, 0, "aligned objects");
    expect(plain, aligned_array_pairs, 0, "aligned arrays");
    nothrow_fails();
    return 0;
}
