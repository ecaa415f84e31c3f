/* A library that makes and drops blocks by the malloc that it finds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

void *maker_make(size_t size)
{
    return malloc(size);
}

void *maker_make_aligned(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

void maker_drop(void *p)
{
    free(p);
}

/* Blocks that libc makes for whoever asks it. */
void maker_drop_of_libc(void)
{
    char *text = NULL;
    if (asprintf(&text, "%d", 42) > 0)
        free(text);
    free(strdup("text"));
}
