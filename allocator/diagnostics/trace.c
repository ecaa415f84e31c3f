#include "allocator/diagnostics/trace.h"

#if HAK_TRACE

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "allocator/base/size_class.h"
#include "allocator/diagnostics/shots.h"

#define FRAMES_MAX 10
#define FRAME_ROOM 64u /* of a line, kept for the longest frame */

static const char *const names[TRACE_TAGS] = {
    [TRACE_TLS_PUSH] = "tls_push",
    [TRACE_TLS_POP] = "tls_pop",
    [TRACE_TLS_POP_CLEAR] = "tls_pop_clear",
    [TRACE_BULK_PUSH] = "bulk_push",
    [TRACE_BULK_POP] = "bulk_pop",
    [TRACE_CACHE_PUSH] = "cache_push",
    [TRACE_CACHE_POP] = "cache_pop",
    [TRACE_REFILL] = "refill",
    [TRACE_CARVE] = "carve",
    [TRACE_DRAIN] = "drain",
    [TRACE_DRAIN_REMOTE] = "drain_remote",
    [TRACE_RELEASE] = "release",
};

enum kind { KIND_NEXT, KIND_HEAD, KINDS };
static const char *const kinds[KINDS] = {"TLS_SLL_NEXT", "TLS_SLL_HEAD_SET"};

bool trace_on;
static struct trace_settings settings;
static struct shots shots[KINDS][TRACE_TAGS][HAK_CLASSES];
/* Set while this thread walks its stack, so that what the unwinder may allocate does not begin
 * another walk. */
static __thread bool walking;

void trace_start(const struct trace_settings *wanted)
{
    settings = *wanted;
    trace_on = settings.on;
}

void trace_fork_child(void)
{
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned tag = 0; tag < TRACE_TAGS; tag++)
            for (unsigned class = 0; class < HAK_CLASSES; class ++)
                shots_reset(&shots[kind][tag][class]);
}

static void begin(struct text *line, enum kind kind, enum trace_tag tag, unsigned class)
{
    text_add(line, "hakmem: [");
    text_add(line, kinds[kind]);
    text_add(line, "] tag=");
    text_add(line, names[tag]);
    text_add(line, " class=");
    text_add_number(line, class, 10);
}

static void add_address(struct text *line, const char *key, const void *address)
{
    text_add(line, key);
    text_add_number(line, (uintptr_t)address, 16);
}

static void add_thread(struct text *line)
{
    text_add(line, " thread=");
    text_add_number(line, (uint64_t)gettid(), 10);
}

void trace_write_next(enum trace_tag tag, unsigned class, const void *block, const void *next)
{
    if (settings.next_class != TRACE_EVERY_CLASS && settings.next_class != (int)class)
        return;
    if (!strstr(names[tag], settings.next_tag))
        return;
    unsigned shot = shots_take(&shots[KIND_NEXT][tag][class]);
    if (!shot)
        return;
    int saved = errno;
    struct text line = {.length = 0};
    begin(&line, KIND_NEXT, tag, class);
    add_address(&line, " block=", block);
    add_address(&line, " next=", next);
    add_thread(&line);
    shots_write(&line, shot);
    errno = saved;
}

struct walk {
    struct text *line;
    unsigned frames;
};

/* As addr2line wants it: the object, and the address inside it. dladdr would take the loader's lock
 * and look for symbols; this does neither. */
static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    struct text *line = walk->line;
    uintptr_t at = (uintptr_t)_Unwind_GetIP(context);
    if (!at || walk->frames > FRAMES_MAX || line->length + 2 * FRAME_ROOM > sizeof line->data)
        return _URC_END_OF_STACK;
    if (walk->frames++ == 0) /* trace_write_head itself */
        return _URC_NO_REASON;
    text_add(line, walk->frames == 2 ? " backtrace=" : ",");
    struct dl_find_object object;
    if (_dl_find_object((void *)at, &object) == 0) {
        const char *path = object.dlfo_link_map->l_name;
        const char *slash = strrchr(path, '/');
        const char *name = *path ? path : program_invocation_short_name;
        text_add_part(line, slash ? slash + 1 : name, FRAME_ROOM / 2);
        text_add(line, "+");
        at -= object.dlfo_link_map->l_addr;
    }
    text_add_number(line, at, 16);
    return _URC_NO_REASON;
}

__attribute__((noinline)) void trace_write_head(enum trace_tag tag, unsigned class,
                                                const void *head, int64_t count)
{
    if (settings.head_class != (int)class)
        return;
    unsigned shot = shots_take(&shots[KIND_HEAD][tag][class]);
    if (!shot)
        return;
    int saved = errno;
    struct text line = {.length = 0};
    begin(&line, KIND_HEAD, tag, class);
    add_address(&line, " head=", head);
    text_add(&line, " count=");
    text_add_number(&line, count > 0 ? (uint64_t)count : 0, 10);
    add_thread(&line);
    if (!walking) {
        walking = true;
        _Unwind_Backtrace(add_frame, &(struct walk){.line = &line});
        walking = false;
    }
    shots_write(&line, shot);
    errno = saved;
}

__attribute__((destructor(101))) static void tell_suppressed(void)
{
    if (!trace_on)
        return;
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (unsigned tag = 0; tag < TRACE_TAGS; tag++)
            for (unsigned class = 0; class < HAK_CLASSES; class ++) {
                struct text line = {.length = 0};
                begin(&line, (enum kind)kind, (enum trace_tag)tag, class);
                shots_write_suppressed(&line, &shots[kind][tag][class]);
            }
}

#endif
