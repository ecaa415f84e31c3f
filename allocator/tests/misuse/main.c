/* misuse: one case of misuse in this process, under the malloc that is preloaded.
 *
 *     misuse CASE      exit 0: nothing wrong was seen; 4: the oracle saw wrong data; 77: the case
 *                      means nothing in this build. Anything else: the case itself failed.
 *     misuse --list    the cases, a line of JSON each */
#include "allocator/tests/misuse/cases.h"

#include "allocator/tests/check.h"
#include "allocator/tests/misuse/heap.h"

enum { USAGE = 2 };

static const struct misuse_case *const tables[] = {misuse_links, misuse_slabs, misuse_overflows,
                                                   misuse_frees, misuse_large, misuse_limits};
enum { TABLES = sizeof tables / sizeof *tables, GROUPS = 17 };

static int group_of(const struct misuse_case *one)
{
    return atoi(one->id);
}

static void list(void)
{
    for (int group = 1; group <= GROUPS; group++)
        for (int t = 0; t < TABLES; t++)
            for (const struct misuse_case *one = tables[t]; one->id != NULL; one++)
                if (group_of(one) == group)
                    printf("{\"id\": \"%s\", \"group\": %d, \"title\": \"%s\"}\n", one->id, group,
                           one->title);
}

static const struct misuse_case *find(const char *id)
{
    for (int t = 0; t < TABLES; t++)
        for (const struct misuse_case *one = tables[t]; one->id != NULL; one++)
            if (strcmp(one->id, id) == 0)
                return one;
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list();
        return 0;
    }
    const struct misuse_case *one = argc == 2 ? find(argv[1]) : NULL;
    if (one == NULL) {
        fprintf(stderr,
                argc == 2 ? "misuse: there is no case '%s': see misuse --list\n"
                          : "usage: %s CASE | --list\n",
                argc == 2 ? argv[1] : argv[0]);
        return USAGE;
    }
    if (!heap_is_hakmem())
        heap_skip("no hakmem is preloaded");
    one->run();
    /* Without the destructors: what they would free is not the case's. */
    _exit(0);
}
