#define _GNU_SOURCE
#include "runner/gate/relink.h"

#include "runner/base/random.h"
#include "runner/process/tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PADS = 3, PAD_UNITS = 256, PAD_UNIT = 16 };

static int write_text(const char *path, const char *text, struct problem *problem)
{
    FILE *file = fopen(path, "we");
    const bool ok = file != NULL && fputs(text, file) >= 0;
    if (file == NULL || fclose(file) != 0 || !ok)
        return problem_set(problem, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

/* Up to 4 KiB into each section whose place matters. */
static int write_pad(struct arena *arena, const char *path, struct random *random,
                     struct problem *problem)
{
    static const char *const sections[] = {".text", ".section .text.unlikely,\"ax\",@progbits",
                                           ".data", ".bss", ".section .rodata"};
    const char *text = ".section .note.GNU-stack,\"\",@progbits\n";
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        text = arena_printf(arena, "%s%s\n.p2align 4\n.zero %d\n", text, sections[i],
                            PAD_UNIT * (int)random_below(random, PAD_UNITS));
    return write_text(path, text, problem);
}

/* The malloc and free of the library under other names, so that those of `planted` come first. */
static const char *rename_faces(struct arena *arena, const char *object, const char *folder,
                                struct problem *problem)
{
    const char *renamed = arena_printf(arena, "%s/preload.o", folder);
    const char *const words[] = {"objcopy",
                                 "--redefine-sym",
                                 "malloc=planted_malloc",
                                 "--redefine-sym",
                                 "free=planted_free",
                                 object,
                                 renamed,
                                 NULL};
    const char *output;
    return tool_run(arena, words, &output, problem) == 0 ? renamed : NULL;
}

static int choose_inputs(struct arena *arena, const struct relink *how, const char *folder,
                         struct strings *inputs, struct problem *problem)
{
    for (int i = 0; i < how->objects->count; i++) {
        const char *object = how->objects->at[i];
        const char *slash = strrchr(object, '/');
        if (how->planted != NULL && slash != NULL && strcmp(slash, "/preload.o") == 0) {
            object = rename_faces(arena, object, folder, problem);
            if (object == NULL)
                return -1;
        }
        strings_add(arena, inputs, object);
    }
    if (how->planted != NULL)
        strings_add(arena, inputs, how->planted);
    if (!how->shuffles)
        return 0;
    struct random random = random_from_seed(how->seed);
    for (int i = 0; i < PADS; i++) {
        const char *pad = arena_printf(arena, "%s/pad%d.s", folder, i);
        if (write_pad(arena, pad, &random, problem) != 0)
            return -1;
        strings_add(arena, inputs, pad);
    }
    for (int i = inputs->count - 1; i > 0; i--) {
        const int j = (int)random_below(&random, (uint64_t)i + 1);
        const char *input = inputs->at[i];
        inputs->at[i] = inputs->at[j];
        inputs->at[j] = input;
    }
    return 0;
}

int relink(struct arena *arena, const struct relink *how, struct problem *problem)
{
    /* As the Makefile links; debug information is left out, because it takes most of the time. */
    static const char *const flags[] = {"gcc",
                                        "-shared",
                                        "-Wl,-z,now",
                                        "-Wl,-z,defs",
                                        "-Wl,-z,nodelete",
                                        "-Wl,--build-id=sha1",
                                        "-Wl,-soname,libhakmem.so",
                                        "-Wl,--strip-debug",
                                        "-o"};
    const char *slash = strrchr(how->target, '/');
    const char *folder = arena_copy_part(arena, how->target, (size_t)(slash - how->target));
    struct strings inputs = {0}, words = {0};
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return problem_set(problem, "cannot make %s: %s", folder, strerror(errno));
    if (choose_inputs(arena, how, folder, &inputs, problem) != 0)
        return -1;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        strings_add(arena, &words, flags[i]);
    strings_add(arena, &words, how->target);
    for (int i = 0; i < inputs.count; i++)
        strings_add(arena, &words, inputs.at[i]);
    const char *output;
    return tool_run(arena, words.at, &output, problem);
}
