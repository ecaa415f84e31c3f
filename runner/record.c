#include "runner/record.h"

static const char *const names[SAMPLE_STATUSES] = {"ok", "crash", "timeout", "failed", "void"};

const char *sample_status_name(enum sample_status status)
{
    return names[status];
}
