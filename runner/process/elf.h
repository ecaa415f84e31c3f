/* What an ELF file says about itself: our own small reader, because the identity proof must
 * not rest on the tools or libraries that it checks. 64-bit little-endian files only.
 */
#ifndef RUNNER_ELF_H
#define RUNNER_ELF_H

#include "runner/base/text.h"

#include <stdbool.h>

struct elf_info {
    bool is_shared_object; /* ET_DYN without an interpreter: can be preloaded */
    bool has_interpreter;  /* the dynamic linker runs it; a static program has none */
    const char *build_id;  /* lower-case hex, NULL when the file has none */
    const char *compiler;  /* compiler and flags from the debug information, or the compiler's
                              name alone, or NULL */
};

/* 0, or -1 with the problem when the file cannot be read or is not such a file. */
int elf_read(struct arena *arena, const char *path, struct elf_info *info, struct problem *problem);

#endif
