// A program that replaces sized delete alone: no other form comes down to it.
#include "allocator/tests/operators.hh"

static long sized;

void operator delete(void *p, size_t) noexcept
{
    sized++;
    ::operator delete(p);
}

int main()
{
    check_identity();
    single_pairs();
    CHECK(sized == PAIRS, "%ld of %d", sized, PAIRS);
    array_pairs();
    aligned_single_pairs();
    aligned_array_pairs();
    CHECK(sized == PAIRS, "%ld after other forms", sized);
    return 0;
}
