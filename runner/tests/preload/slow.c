/* An allocator that takes its time. */
#define BUMP_OWN_MALLOC 1

#include "runner/tests/preload/bump.h"

void *malloc(size_t size)
{
    for (volatile int i = 0; i < 2000; i++)
        continue;
    return bump(size, 16);
}
