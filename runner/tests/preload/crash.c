/* An allocator that dies at its start. */
#include <signal.h>

#include "runner/tests/preload/bump.h"

__attribute__((constructor)) static void die(void)
{
    raise(SIGSEGV);
}
