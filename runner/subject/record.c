#include "runner/subject/record.h"

#include <string.h>

const char *pass_name(enum pass pass)
{
    return pass == PASS_LATENCY ? "latency" : "throughput";
}

static const char *const names[SAMPLE_STATUSES] = {"ok", "crash", "timeout", "failed", "void"};

const char *sample_status_name(enum sample_status status)
{
    return names[status];
}

enum sample_status sample_status_from_name(const char *name)
{
    for (int i = 0; i < SAMPLE_STATUSES; i++)
        if (strcmp(names[i], name) == 0)
            return (enum sample_status)i;
    return SAMPLE_VOID;
}

static const char *const verdicts[MISUSE_VERDICTS] = {
    "diagnosed",      "prevented",     "crashed",        "hung",
    "silent-corrupt", "silent-benign", "not-applicable", "missed-run"};

const char *misuse_verdict_name(enum misuse_verdict verdict)
{
    return verdicts[verdict];
}

bool misuse_verdict_from_name(const char *name, enum misuse_verdict *verdict)
{
    for (int i = 0; i < MISUSE_VERDICTS; i++)
        if (strcmp(verdicts[i], name) == 0) {
            *verdict = (enum misuse_verdict)i;
            return true;
        }
    return false;
}
