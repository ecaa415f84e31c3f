/* Three wrong frees and a wrong realloc; then what the allocator says of them: every kind that was
 * seen, as `LAYER TAG COUNT`, the sum of all, and malloc_info on stdout; malloc_stats on stderr. */
#include "allocator/tests/check.h"

int main(void)
{
    bool (*events)(unsigned, const char **, const char **, unsigned long *) = NULL;
    unsigned long (*corruptions)(void) = NULL;
    check_identity();
    *(void **)&events = dlsym(RTLD_DEFAULT, "hakmem_events");
    *(void **)&corruptions = dlsym(RTLD_DEFAULT, "hakmem_corruptions");
    CHECK(events != NULL && corruptions != NULL, "not hakmem");
    static char nowhere[64];
    for (int i = 0; i < 3; i++)
        free(hide_pointer(nowhere + 16));
    CHECK(realloc(hide_pointer(nowhere + 32), 100) == NULL, "realloc of what is no block");
    const char *layer, *tag;
    unsigned long count;
    for (unsigned i = 0; events(i, &layer, &tag, &count); i++)
        if (count)
            printf("%s %s %lu\n", layer, tag, count);
    printf("sum %lu\n", corruptions());
    CHECK(malloc_info(0, stdout) == 0, "malloc_info: %s", strerror(errno));
    malloc_stats();
    return 0;
}
