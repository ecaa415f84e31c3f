#include "allocator/settings.h"

#include <string.h>

#include "allocator/os.h"
#include "allocator/text.h"

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

struct settings settings_read(void)
{
    const char *populate = value_of("HAKMEM_PREWARM_POPULATE");
    return (struct settings){.prewarm = read_prewarm(),
                             .populate = populate && strcmp(populate, "1") == 0,
                             .on_corruption = read_policy()};
}
