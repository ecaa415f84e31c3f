/* An allocator that says it is a hakmem and has seen three corruptions. */
#include "runner/tests/preload/bump.h"

const char hakmem_variant[] = "made=up";
unsigned long hakmem_corruptions(void);
unsigned hakmem_prewarm(void);

unsigned long hakmem_corruptions(void)
{
    return 3;
}

unsigned hakmem_prewarm(void)
{
    return 0;
}
