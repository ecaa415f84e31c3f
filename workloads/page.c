#include "workloads/page.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where nobody reads it. Pages that are not touched take no memory. */
static struct work_page own_page;

/* The descriptor may be anybody's: only a file of the right size that begins as the runner's does
 * is written to. */
static struct work_page *map_shared(int fd, size_t bytes)
{
    struct stat status;
    uint64_t magic = 0;
    if (fstat(fd, &status) != 0 || status.st_size != (off_t)sizeof(struct work_page) ||
        pread(fd, &magic, sizeof magic, 0) != (ssize_t)sizeof magic || magic != WORK_PAGE_MAGIC) {
        return NULL;
    }
    /* Populated, so that its page faults are over before the measured phase begins. */
    void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    return page != MAP_FAILED ? page : NULL;
}

struct work_page *page_attach(size_t bytes)
{
    assert(bytes <= sizeof(struct work_page));
    const char *text = getenv(WORK_PAGE_ENVIRONMENT);
    struct work_page *page = text ? map_shared(atoi(text), bytes) : NULL;
    if (!page || page->head.version != WORK_PAGE_VERSION) {
        page = &own_page;
        page->head.magic = WORK_PAGE_MAGIC; /* touched now, not in the measured phase */
    }
    return page;
}
