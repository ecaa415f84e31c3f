// A program with the C++ library linked in statically, which replaces the plain operators and opens
// a library that has the shared C++ library: blocks cross between the two.
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

int main()
{
    check_identity();
    expect(plain, single_pairs, ALL, "single objects");
    expect(plain, array_pairs, ALL, "arrays");
    expect(plain, aligned_single_pairs, 0, "aligned objects");
    void *plugin = dlopen("objects.so", RTLD_NOW | RTLD_LOCAL);
    CHECK(plugin != nullptr, "%s", dlerror());
    const char *(*exercise)();
    *reinterpret_cast<void **>(&exercise) = dlsym(plugin, "exercise");
    CHECK(exercise != nullptr, "%s", dlerror());
    const char *problem = exercise();
    CHECK(problem == nullptr, "%s", problem);
    return 0;
}
