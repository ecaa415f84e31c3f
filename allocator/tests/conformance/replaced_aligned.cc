// A program that replaces the aligned operators of single objects alone.
#include "allocator/tests/operators.hh"

static counts aligned;

void *operator new(size_t size, std::align_val_t alignment)
{
    return make_marked(aligned, size, static_cast<size_t>(alignment));
}

void operator delete(void *p, std::align_val_t alignment) noexcept
{
    drop_marked(aligned, p, static_cast<size_t>(alignment));
}

int main()
{
    check_identity();
    expect(aligned, single_pairs, 0, "single objects");
    expect(aligned, array_pairs, 0, "arrays");
    expect(aligned, aligned_single_pairs, ALL, "aligned objects");
    expect(aligned, aligned_array_pairs, ALL, "aligned arrays");
    return 0;
}
