/* A malloc that carries what a hakmem exports, so that its path through the JSON line is tested
 * with values that no default could produce. Forwards to the C library. */
#include <stddef.h>

void *__libc_malloc(size_t);
void __libc_free(void *);

const char hakmem_variant[] = "layout=imaginary,front=none";

unsigned hakmem_prewarm(void)
{
    return 7;
}

unsigned long hakmem_corruptions(void)
{
    return 9;
}

void *malloc(size_t size)
{
    return __libc_malloc(size);
}

void free(void *block)
{
    __libc_free(block);
}
