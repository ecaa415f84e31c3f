/* A program in C opens a library in C++, so that the C++ library stands behind nothing: all forms
 * of new and delete are pairs there, and failures are thrown and caught. */
#include "allocator/tests/check.h"

static void open_and_run(int scope)
{
    void *plugin = dlopen("objects.so", RTLD_NOW | scope);
    CHECK(plugin != NULL, "%s", dlerror());
    const char *(*exercise)(void);
    *(void **)&exercise = dlsym(plugin, "exercise");
    CHECK(exercise != NULL, "%s", dlerror());
    const char *problem = exercise();
    CHECK(problem == NULL, "%s", problem);
}

int main(void)
{
    check_identity();
    open_and_run(RTLD_LOCAL);
    open_and_run(RTLD_GLOBAL);
    open_and_run(RTLD_LOCAL | RTLD_DEEPBIND);
    return 0;
}
