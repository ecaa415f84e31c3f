/* The exported functions that tell and tune, as glibc documents them. */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>

#include "allocator/base/compiler.h"
#include "allocator/diagnostics/fail.h"
#include "allocator/process/alloc.h"
#include "allocator/process/stats.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

extern const char hakmem_variant[];

HAK_PUBLIC int malloc_trim(size_t pad)
{
    (void)pad;
    return hak_trim() != 0;
}

enum { MXFAST_MAX = 160 };

/* Nothing that glibc's allocator can be told has a meaning here. But programs take 0, by which
 * glibc refuses a value, for a reason to stop, so what glibc would take is taken: 1, and nothing is
 * done. */
HAK_PUBLIC int mallopt(int parameter, int value)
{
    switch (parameter) {
    case M_MXFAST:
        return value >= 0 && value <= MXFAST_MAX;
    case M_NLBLKS:
    case M_GRAIN:
    case M_KEEP:
    case M_TRIM_THRESHOLD:
    case M_TOP_PAD:
    case M_MMAP_THRESHOLD:
    case M_MMAP_MAX:
    case M_CHECK_ACTION:
    case M_PERTURB:
    case M_ARENA_TEST:
    case M_ARENA_MAX:
        return 1;
    default:
        return 0;
    }
}

HAK_PUBLIC struct mallinfo2 mallinfo2(void)
{
    struct hak_stats stats = hak_stats_read();
    uint64_t arena = stats.mapped - stats.huge, used = stats.live - stats.huge;
    return (struct mallinfo2){.arena = arena,
                              .ordblks = stats.free_blocks,
                              .hblks = stats.huge_blocks,
                              .hblkhd = stats.huge,
                              .uordblks = used,
                              .fordblks = arena > used ? arena - used : 0,
                              .keepcost = stats.idle};
}

HAK_PUBLIC struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    return (struct mallinfo){.arena = (int)wide.arena,
                             .ordblks = (int)wide.ordblks,
                             .hblks = (int)wide.hblks,
                             .hblkhd = (int)wide.hblkhd,
                             .uordblks = (int)wide.uordblks,
                             .fordblks = (int)wide.fordblks,
                             .keepcost = (int)wide.keepcost};
}

/* A thread is not cancelled while it writes: these are no cancellation points in glibc, and stdio
 * would stay locked. Returns the state to be set afterwards. */
static int hold_cancellation(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}

/* Writes the kinds that were seen at least once, a line each; false when the stream fails. */
static bool write_events(FILE *stream)
{
    struct fail_kind kind;
    for (unsigned i = 0; fail_kind_at(i, &kind); i++)
        if (kind.count && fprintf(stream, "<event layer=\"%s\" tag=\"%s\" count=\"%lu\"/>\n",
                                  kind.layer, kind.tag, kind.count) < 0)
            return false;
    return true;
}

static bool write_info(FILE *stream)
{
    struct hak_stats stats = hak_stats_read();
    if (fprintf(stream,
                "<malloc version=\"1\">\n<!-- hakmem %s -->\n"
                "<system type=\"current\" size=\"%lu\"/>\n"
                "<aspace type=\"total\" size=\"%lu\"/>\n"
                "<total type=\"mmap\" size=\"%lu\"/>\n<total type=\"rest\" size=\"%lu\"/>\n",
                hakmem_variant, stats.live, stats.mapped, stats.huge, stats.idle) < 0)
        return false;
    if (stats.deferred && fprintf(stream, "<deferred total=\"%lu\" waiting=\"%lu\"/>\n",
                                  stats.deferred, stats.waiting) < 0)
        return false;
    return write_events(stream) && fputs("</malloc>\n", stream) >= 0;
}

HAK_PUBLIC int malloc_info(int options, FILE *stream)
{
    if (options != 0)
        return EINVAL;
    int state = hold_cancellation();
    bool written = write_info(stream);
    pthread_setcancelstate(state, NULL);
    return written ? 0 : EIO;
}

static void write_stats(void)
{
    struct hak_stats stats = hak_stats_read();
    fprintf(stderr,
            "hakmem %s\nmapped bytes = %12lu\nin use bytes = %12lu\nhuge bytes   = %12lu\n"
            "idle bytes   = %12lu\n",
            hakmem_variant, stats.mapped, stats.live, stats.huge, stats.idle);
    if (stats.deferred)
        fprintf(stderr, "deferred     = %12lu\nstill waiting= %12lu\n", stats.deferred,
                stats.waiting);
    struct fail_kind kind;
    for (unsigned i = 0; fail_kind_at(i, &kind); i++)
        if (kind.count)
            fprintf(stderr, "%s %s = %lu\n", kind.layer, kind.tag, kind.count);
}

HAK_PUBLIC void malloc_stats(void)
{
    int state = hold_cancellation();
    write_stats();
    pthread_setcancelstate(state, NULL);
}

HAK_PUBLIC __attribute__((alias("mallinfo"), copy(mallinfo))) struct mallinfo __libc_mallinfo(void);
