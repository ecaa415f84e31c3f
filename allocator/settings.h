/* Every environment variable that the allocator knows, read in one place.
 *   HAKMEM_PREWARM=N             slabs per class taken at start-up (default 1)
 *   HAKMEM_PREWARM_POPULATE=1    and their pages made present
 *   HAKMEM_ON_CORRUPTION=count|report|abort
 * The environment may not exist yet when the first malloc runs, so it is read by the constructor of
 * the library; until then the defaults hold. */
#ifndef HAK_SETTINGS_H
#define HAK_SETTINGS_H

#include <stdbool.h>

#include "allocator/fail.h"

#define HAK_PREWARM_DEFAULT 1
#define HAK_PREWARM_MAX     64

struct settings {
    unsigned prewarm;
    bool populate;
    enum fail_policy on_corruption;
};

/* A value that cannot be read is reported in one line on stderr and its default taken. */
struct settings settings_read(void);

#endif
