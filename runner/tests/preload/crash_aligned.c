/* One function of an allocator crashes, so that a program dies when it comes to call it. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

void *aligned_alloc(size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    raise(SIGSEGV);
    return NULL;
}
