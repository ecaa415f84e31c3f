// The new-handler: it may free something, throw, or give up, for each form of new.
#include <functional>
#include <stdexcept>

#include "allocator/tests/operators.hh"

static int calls;
static const size_t too_much = static_cast<size_t>(PTRDIFF_MAX) - 4096;
constexpr std::align_val_t to{256};

static void throw_at_once()
{
    calls++;
    throw std::bad_alloc();
}

static void throw_third()
{
    if (++calls == 3)
        throw std::bad_alloc();
}

static void throw_another()
{
    calls++;
    throw std::runtime_error("not a bad_alloc");
}

static void give_up()
{
    calls++;
    std::set_new_handler(nullptr);
}

using form = std::function<void *(size_t)>;

// [new.delete.single]: "returns a null pointer" whatever the form that may throw has thrown.
static void nothrow_is_null(const char *what, const form &make)
{
    struct {
        void (*handler)();
        int calls;
    } const cases[] = {
        {throw_at_once, 1}, {throw_third, 3}, {throw_another, 1}, {give_up, 1}, {nullptr, 0}};
    for (const auto &now : cases) {
        calls = 0;
        std::set_new_handler(now.handler);
        void *block = &calls;
        try {
            block = hide_pointer(make(hide(too_much)));
        } catch (...) {
            CHECK(false, "%s has thrown", what);
        }
        CHECK(block == nullptr, "%s gave %p", what, block);
        CHECK(calls == now.calls, "%s: %d calls of the handler, expected %d", what, calls,
              now.calls);
    }
}

static void exception_passes(const char *what, const form &make)
{
    calls = 0;
    std::set_new_handler(throw_another);
    bool thrown = false;
    try {
        hide_pointer(make(hide(too_much)));
    } catch (const std::runtime_error &) {
        thrown = true;
    }
    CHECK(thrown && calls == 1, "%s: thrown %d, calls %d", what, thrown, calls);
    std::set_new_handler(nullptr);
}

int main()
{
    check_identity();
    nothrow_is_null("new", [](size_t n) { return ::operator new(n, std::nothrow); });
    nothrow_is_null("new[]", [](size_t n) { return ::operator new[](n, std::nothrow); });
    nothrow_is_null("aligned new", [](size_t n) { return ::operator new(n, to, std::nothrow); });
    nothrow_is_null("aligned new[]",
                    [](size_t n) { return ::operator new[](n, to, std::nothrow); });
    exception_passes("new", [](size_t n) { return ::operator new(n); });
    exception_passes("new[]", [](size_t n) { return ::operator new[](n); });
    exception_passes("aligned new", [](size_t n) { return ::operator new(n, to); });
    exception_passes("aligned new[]", [](size_t n) { return ::operator new[](n, to); });
    return 0;
}
