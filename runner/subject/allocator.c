#define _GNU_SOURCE
#include "runner/subject/allocator.h"

#include "runner/process/elf.h"
#include "runner/subject/variants.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *real_path(struct arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    if (real == NULL)
        return NULL;
    const char *copy = arena_copy(arena, real);
    free(real);
    return copy;
}

/* Where the dynamic linker looks: our own list is the one that it will use for the children.
 * The library itself is not loaded, for it would be a second malloc in this process. */
static const char *find_library(struct arena *arena, const char *soname)
{
    void *self = dlopen(NULL, RTLD_LAZY);
    Dl_serinfo size;
    const char *found = NULL;
    if (self != NULL && dlinfo(self, RTLD_DI_SERINFOSIZE, &size) == 0) {
        Dl_serinfo *list = arena_alloc(arena, size.dls_size);
        list->dls_size = size.dls_size;
        list->dls_cnt = size.dls_cnt;
        if (dlinfo(self, RTLD_DI_SERINFO, list) == 0)
            for (unsigned i = 0; i < list->dls_cnt && found == NULL; i++)
                found = real_path(
                    arena, arena_printf(arena, "%s/%s", list->dls_serpath[i].dls_name, soname));
    }
    if (self != NULL)
        dlclose(self);
    return found != NULL ? found
                         : real_path(arena, arena_printf(arena, "/usr/local/lib/%s", soname));
}

static int read_object(struct arena *arena, struct allocator *allocator, struct problem *problem)
{
    struct elf_info info;
    if (elf_read(arena, allocator->object, &info, problem) != 0)
        return -1;
    if (allocator->kind != ALLOCATOR_GLIBC && !info.is_shared_object)
        return problem_set(problem, "%s is not a shared object: name a .so", allocator->object);
    if (allocator->kind != ALLOCATOR_GLIBC && strpbrk(allocator->object, " :\t\n") != NULL)
        return problem_set(problem,
                           "%s: LD_PRELOAD cannot hold a path with a space or a colon: "
                           "move it",
                           allocator->object);
    allocator->build_id = info.build_id;
    return 0;
}

static int resolve_peer(struct arena *arena, const struct catalog_peer *peer,
                        struct allocator *allocator, struct problem *problem)
{
    if (strcmp(peer->soname, "-") == 0) {
        Dl_info libc;
        allocator->kind = ALLOCATOR_GLIBC;
        if (dladdr((void *)(uintptr_t)gnu_get_libc_version, &libc) == 0)
            return problem_set(problem, "cannot find the C library of this process");
        allocator->object = real_path(arena, libc.dli_fname);
    } else {
        allocator->kind = ALLOCATOR_PEER;
        allocator->object = find_library(arena, peer->soname);
        if (allocator->object == NULL) {
            allocator->missing = arena_printf(arena, "apt-get install %s", peer->package);
            return 0;
        }
        allocator->preload = allocator->object;
    }
    return read_object(arena, allocator, problem);
}

/* Make builds what the usual modes measure, and any other variant when it is named. */
static const char *how_to_build(struct arena *arena, const struct catalog *catalog,
                                const struct variant *variant)
{
    const char *slug = variant_slug(arena, catalog, variant);
    struct strings names = {0};
    struct problem ignored;
    variants_of_set(arena, catalog, SET_QUICK, &names);
    variants_of_set(arena, catalog, SET_DEFAULT, &names);
    for (int i = 0; i < names.count; i++) {
        struct variant usual;
        if (variant_from_name(arena, catalog, names.at[i], &usual, &ignored) == 0 &&
            strcmp(variant_slug(arena, catalog, &usual), slug) == 0)
            return "not built: run make";
    }
    return arena_printf(arena, "not built: run make build/variants/%s/libhakmem.so", slug);
}

static int resolve_hakmem(struct arena *arena, const struct catalog *catalog, const char *root,
                          const char *name, struct allocator *allocator, struct problem *problem)
{
    struct variant variant;
    if (variant_from_name(arena, catalog, name, &variant, problem) != 0)
        return -1;
    allocator->kind = ALLOCATOR_HAKMEM;
    allocator->name = variant_name(arena, catalog, &variant);
    allocator->variant = variant_string(arena, catalog, &variant);
    for (int a = 0; a < catalog->axis_count; a++) {
        const struct catalog_axis *axis = &catalog->axes[a];
        if (!axis->at_start)
            continue;
        char *setting = arena_printf(arena, "HAKMEM_%s=%s", axis->name, variant.value[a]);
        for (char *c = setting; *c != '='; c++)
            *c = (char)toupper((unsigned char)*c);
        strings_add(arena, &allocator->environment, setting);
        if (strcmp(axis->name, "prewarm") == 0)
            allocator->prewarm = variant.value[a];
    }
    const char *path = arena_printf(arena, "%s/build/variants/%s/libhakmem.so", root,
                                    variant_slug(arena, catalog, &variant));
    allocator->object = real_path(arena, path);
    if (allocator->object == NULL) {
        allocator->missing = how_to_build(arena, catalog, &variant);
        return 0;
    }
    allocator->preload = allocator->object;
    return read_object(arena, allocator, problem);
}

int allocator_resolve(struct arena *arena, const struct catalog *catalog, const char *root,
                      const char *name, struct allocator *allocator, struct problem *problem)
{
    *allocator = (struct allocator){.name = name};
    if (strchr(name, '/') != NULL) {
        allocator->kind = ALLOCATOR_PATH;
        allocator->object = real_path(arena, name);
        if (allocator->object == NULL)
            return problem_set(problem, "%s: %s: name a shared object that exists", name,
                               strerror(errno));
        allocator->name = allocator->preload = allocator->object;
        return read_object(arena, allocator, problem);
    }
    if (strcmp(name, "hakmem") == 0 || strncmp(name, "hakmem:", 7) == 0)
        return resolve_hakmem(arena, catalog, root, name, allocator, problem);
    struct strings peers = {0};
    for (int i = 0; i < catalog->peer_count; i++) {
        if (strcmp(catalog->peers[i].name, name) == 0)
            return resolve_peer(arena, &catalog->peers[i], allocator, problem);
        strings_add(arena, &peers, catalog->peers[i].name);
    }
    return problem_set(problem,
                       "unknown allocator '%s': choose from %s, hakmem, "
                       "hakmem:key=value,... or the path of a .so",
                       name, strings_join(arena, &peers, ", "));
}

int allocators_resolve(struct arena *arena, const struct catalog *catalog, const char *root,
                       const struct strings *names, struct allocators *list,
                       struct problem *problem)
{
    struct strings seen = {0};
    list->at = arena_alloc(arena, (size_t)names->count * sizeof *list->at);
    list->count = 0;
    for (int i = 0; i < names->count; i++) {
        struct allocator *allocator = &list->at[list->count];
        if (allocator_resolve(arena, catalog, root, names->at[i], allocator, problem) != 0)
            return -1;
        if (strings_hold(&seen, allocator->name))
            continue;
        strings_add(arena, &seen, allocator->name);
        list->count++;
    }
    if (list->count == 0)
        return problem_set(problem, "no allocator is named: give at least one");
    return 0;
}

void allocators_split(struct arena *arena, const char *text, struct strings *names)
{
    struct strings parts = {0};
    strings_split(arena, &parts, text, ",");
    for (int i = 0; i < parts.count; i++) {
        const char *part = parts.at[i];
        const bool goes_on = names->count > 0 && strchr(part, '=') != NULL &&
                             strpbrk(part, ":/") == NULL &&
                             strncmp(names->at[names->count - 1], "hakmem:", 7) == 0;
        if (goes_on)
            names->at[names->count - 1] =
                arena_printf(arena, "%s,%s", names->at[names->count - 1], part);
        else
            strings_add(arena, names, part);
    }
}

void allocators_add_peers(struct arena *arena, const struct catalog *catalog, struct strings *names)
{
    for (int i = 0; i < catalog->peer_count; i++)
        strings_add(arena, names, catalog->peers[i].name);
}
