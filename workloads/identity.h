/* identity: which object in this process owns malloc and free.
 *
 * ld.so ignores a preload that it cannot find and carries on with glibc, so a measurement must
 * carry the proof of whose malloc it measured. Owns the reading of that proof from the dynamic
 * linker, and its JSON form. Must not know anything of the workloads: it is also linked into
 * libhakprobe.so, which is preloaded into arbitrary programs.
 *
 * Uses only the caller's buffers and the stack. (glibc's own dlsym may allocate a message when a
 * symbol is missing; hence read the identity outside the measured phase.) Thread-safe. */
#ifndef WORKLOADS_IDENTITY_H
#define WORKLOADS_IDENTITY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Not exported by libhakprobe.so, where they could shadow a program's own functions. */
#pragma GCC visibility push(hidden)

struct identity {
    char malloc_object[PATH_MAX]; /* absolute path, symbolic links resolved; "" = unknown */
    char malloc_build_id[129];    /* lower-case hex of the GNU build-id note; "" = none */
    char free_object[PATH_MAX];
    char free_build_id[129];
    /* The rest only if the object that owns malloc is a hakmem: */
    char variant[256]; /* as compiled into it; "" = not a hakmem */
    bool has_prewarm, has_corruptions;
    unsigned prewarm;          /* slabs per class taken at start-up */
    unsigned long corruptions; /* events that the allocator has seen so far */
};

void identity_read(struct identity *identity);

/* Enough for every identity: paths may need six characters a byte. */
#define IDENTITY_JSON_MAX (2 * 6 * PATH_MAX + 2048)

/* Writes the identity (without the corruptions, which are a result) as a JSON object without a
 * newline. Returns its length, or -1 when size is too small. */
int identity_json(const struct identity *identity, char *buffer, size_t size);

#pragma GCC visibility pop

#endif
