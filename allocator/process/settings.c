#include "allocator/process/settings.h"

#include <string.h>

#include "allocator/base/os.h"
#include "allocator/base/size_class.h"
#include "allocator/base/text.h"
#include "allocator/diagnostics/kpi_page.h"

extern char **environ;

static const char *value_of(const char *name)
{
    size_t length = strlen(name);
    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static void complain(const char *name, const char *value, const char *valid, const char *taken)
{
    struct text line = {.length = 0};
    text_add(&line, "hakmem: ");
    text_add(&line, name);
    text_add(&line, "=");
    text_add(&line, value);
    text_add(&line, " is not ");
    text_add(&line, valid);
    text_add(&line, "; taking ");
    text_add(&line, taken);
    text_add(&line, "\n");
    os_write_error(line.data, line.length);
}

static unsigned read_prewarm(void)
{
    const char *value = value_of("HAKMEM_PREWARM");
    if (!value)
        return HAK_PREWARM_DEFAULT;
    unsigned number = 0;
    const char *digit = value;
    while (*digit >= '0' && *digit <= '9' && number <= HAK_PREWARM_MAX)
        number = number * 10 + (unsigned)(*digit++ - '0');
    if (digit == value || *digit || number > HAK_PREWARM_MAX) {
        complain("HAKMEM_PREWARM", value, "a number of slabs from 0 to 64", "1");
        return HAK_PREWARM_DEFAULT;
    }
    return number;
}

static enum fail_policy read_policy(void)
{
    const char *value = value_of("HAKMEM_ON_CORRUPTION");
    if (!value || strcmp(value, "report") == 0)
        return FAIL_REPORT;
    if (strcmp(value, "count") == 0)
        return FAIL_COUNT;
    if (strcmp(value, "abort") == 0)
        return FAIL_ABORT;
    complain("HAKMEM_ON_CORRUPTION", value, "count, report or abort", "report");
    return FAIL_REPORT;
}

static bool read_switch(const char *name)
{
    const char *value = value_of(name);
    return value && strcmp(value, "1") == 0;
}

static bool read_deepbind(void)
{
    const char *value = value_of("HAKMEM_DEEPBIND");
    if (value && strcmp(value, "keep") == 0)
        return true;
    if (value && strcmp(value, "drop") != 0)
        complain("HAKMEM_DEEPBIND", value, "drop or keep", "drop");
    return false;
}

/* The number of a class, or -1. */
static int read_class(const char *name, int otherwise, const char *taken)
{
    const char *value = value_of(name);
    if (!value)
        return otherwise;
    if (strcmp(value, "-1") == 0)
        return TRACE_NO_CLASS;
    unsigned class = 0;
    const char *digit = value;
    while (*digit >= '0' && *digit <= '9' && class < HAK_CLASSES)
        class = class * 10 + (unsigned)(*digit++ - '0');
    if (digit != value && !*digit && class < HAK_CLASSES)
        return (int)class;
    struct text valid = {.length = 0};
    text_add(&valid, "a class from 0 to ");
    text_add_number(&valid, HAK_CLASSES - 1, 10);
    text_add(&valid, ", or -1 for none");
    valid.data[valid.length] = '\0';
    complain(name, value, valid.data, taken);
    return otherwise;
}

static struct trace_settings read_trace(void)
{
    if (!read_switch("HAKMEM_TRACE"))
        return (struct trace_settings){.on = false};
    if (!HAK_TRACE) {
        static const char no_trace[] = "hakmem: HAKMEM_TRACE=1 is not for this build, which has no "
                                       "tracing: make trace, and take build/trace/libhakmem.so\n";
        os_write_error(no_trace, sizeof no_trace - 1);
        return (struct trace_settings){.on = false};
    }
    struct trace_settings trace = {
        .on = true,
        .next_class = read_class("HAKMEM_TINY_SLL_NEXTCLS", TRACE_EVERY_CLASS, "every class"),
        .head_class = read_class("HAKMEM_TINY_SLL_HEADCLS", TRACE_NO_CLASS, "-1")};
    const char *tag = value_of("HAKMEM_TINY_SLL_NEXTTAG");
    if (tag && strlen(tag) >= sizeof trace.next_tag)
        complain("HAKMEM_TINY_SLL_NEXTTAG", tag, "part of a tag", "every tag");
    else if (tag)
        strcpy(trace.next_tag, tag);
    return trace;
}

static int read_descriptor(const char *name)
{
    enum { MOST = 1 << 20 };
    const char *value = value_of(name);
    if (!value)
        return -1;
    int number = 0;
    const char *digit = value;
    while (*digit >= '0' && *digit <= '9' && number < MOST)
        number = number * 10 + (*digit++ - '0');
    if (digit != value && !*digit && number < MOST)
        return number;
    complain(name, value, "the number of a descriptor", "none");
    return -1;
}

struct settings settings_read(void)
{
    return (struct settings){.prewarm = read_prewarm(),
                             .populate = read_switch("HAKMEM_PREWARM_POPULATE"),
                             .on_corruption = read_policy(),
                             .kpi_descriptor = read_descriptor(HAK_KPI_ENVIRONMENT),
                             .keep_deepbind = read_deepbind(),
                             .ace_trace = read_switch("HAKMEM_ACE_TRACE"),
                             .trace = read_trace()};
}
