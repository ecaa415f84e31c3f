/* An allocator that takes its time: so much that no noise of a busy machine hides it. */
#define BUMP_OWN_MALLOC 1

#include "runner/tests/preload/bump.h"

void *malloc(size_t size)
{
    for (volatile int i = 0; i < 20000; i++)
        continue;
    return bump(size, 16);
}
