// A program that replaces operator new[](size_t) and operator delete[](void *) alone.
#include "allocator/tests/operators.hh"

static counts arrays;

void *operator new[](size_t size)
{
    return make_marked(arrays, size, 32);
}

void operator delete[](void *p) noexcept
{
    drop_marked(arrays, p, 32);
}

int main()
{
    check_identity();
    expect(arrays, single_pairs, 0, "single objects");
    expect(arrays, array_pairs, ALL, "arrays");
    expect(arrays, aligned_array_pairs, 0, "aligned arrays");
    return 0;
}
