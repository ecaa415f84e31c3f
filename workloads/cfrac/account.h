/* account: every malloc and free of cfrac goes through here and is counted.
 *
 * Owns one account per thread; each thread sees only its own, so nothing here needs a lock. The
 * few additions cost about a nanosecond an allocation and prove that the profile is the one that
 * the benchmark is known for. */
#ifndef WORKLOADS_CFRAC_ACCOUNT_H
#define WORKLOADS_CFRAC_ACCOUNT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "workloads/probe.h"

#define ACCOUNT_TELL 16384 /* allocs */

struct account {
    /* allocs - frees blocks are live, at most live_max so far. */
    uint64_t allocs, frees, live_max;
    uint64_t bytes;  /* requested, in all */
    uint64_t upto16; /* allocs of at most 16 bytes */
    uint64_t upto32; /* allocs of 17 to 32 bytes */
    uint64_t errors; /* damage and wrong results */
    uint64_t told;   /* of allocs, as progress */
    bool audit;
};

extern _Thread_local struct account account;

/* Where the thread goes on after account_fail(). Set by whoever begins a piece of work; what that
 * had allocated is lost. */
extern _Thread_local jmp_buf account_abandon;

/* Abandons the work, and counts an error: the audit found damage, or arithmetic went wrong in a
 * way that only damage explains. Going on with garbage would crash or never end. */
_Noreturn void account_fail(void);

/* Never NULL: a failure ends the process. */
static inline void *account_malloc(size_t bytes)
{
    void *block = malloc(bytes);
    if (__builtin_expect(!block, 0)) {
        probe_out_of_memory(bytes);
    }
    uint64_t live = ++account.allocs - account.frees;
    if (live > account.live_max) {
        account.live_max = live;
    }
    account.bytes += bytes;
    account.upto16 += bytes <= 16;
    account.upto32 += bytes > 16 && bytes <= 32;
    return block;
}

/* Tells of progress, now and then. */
static inline void account_tell(void)
{
    if (account.allocs - account.told >= ACCOUNT_TELL) {
        probe_progress(account.allocs - account.told);
        account.told = account.allocs;
    }
}

static inline void account_free(void *block)
{
    account.frees += block != NULL;
    free(block);
}

#endif
