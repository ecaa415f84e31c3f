/* Every environment variable that the allocator knows, read in one place.
 *   HAKMEM_PREWARM=N             slabs per class taken at start-up (default 1)
 *   HAKMEM_PREWARM_POPULATE=1    and their pages made present
 *   HAKMEM_ON_CORRUPTION=count|report|abort
 *   HAKMEM_ACE_TRACE=1           failures above the front's classes are told (ace_trace.h)
 *   HAKMEM_TRACE=1               lists are traced, in builds that can (trace.h), and of them:
 *   HAKMEM_TINY_SLL_NEXTCLS=N    next pointers of class N only; -1: none
 *   HAKMEM_TINY_SLL_NEXTTAG=TEXT next pointers of the call sites whose tag contains TEXT only
 *   HAKMEM_TINY_SLL_HEADCLS=N    list heads of class N, too; -1 (default): none
 *   HAKMEM_DEEPBIND=drop|keep    what dlopen makes of RTLD_DEEPBIND (default drop)
 *   HAKMEM_KPI_FD=N              the counters' page is shared with whoever made it (kpi_page.h)
 * The environment may not exist yet when the first malloc runs, so it is read by the constructor of
 * the library; until then the defaults hold. */
#ifndef HAK_SETTINGS_H
#define HAK_SETTINGS_H

#include <stdbool.h>

#include "allocator/diagnostics/fail.h"
#include "allocator/diagnostics/trace.h"

#define HAK_PREWARM_DEFAULT 1
#define HAK_PREWARM_MAX     64

struct settings {
    unsigned prewarm;
    bool populate;
    enum fail_policy on_corruption;
    bool ace_trace;
    bool keep_deepbind;
    int kpi_descriptor; /* -1: none */
    struct trace_settings trace;
};

/* A value that cannot be read is reported in one line on stderr and its default taken. */
struct settings settings_read(void);

#endif
