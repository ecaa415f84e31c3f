#define _GNU_SOURCE
#include "runner/gate/worktree.h"

#include "runner/base/interrupt.h"
#include "runner/process/git.h"
#include "runner/process/tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHORT_HASH = 16, TREES_MAX = 4096 };

static const char *trees_folder(struct arena *arena, const char *root)
{
    return arena_printf(arena, "%s/build/gate/trees", root);
}

static int remove_folder(struct arena *arena, const char *folder, struct problem *problem)
{
    const char *const words[] = {"rm", "-rf", "--", folder, NULL};
    const char *output;
    return tool_run(arena, words, &output, problem);
}

/* The folder is the top of a worktree of ours. Without this, git would take the repository around
 * a half-made folder for the tree, and a checkout would overwrite a person's work. */
static bool is_own_top(struct arena *arena, const char *folder)
{
    static const char *const words[] = {"rev-parse", "--show-toplevel", NULL};
    struct stat status;
    struct problem ignored = {0};
    const char *output;
    char *real = realpath(folder, NULL);
    bool is_top = false;
    if (real != NULL && stat(arena_printf(arena, "%s/.git", folder), &status) == 0 &&
        git_run(arena, folder, words, &output, &ignored) == 0)
        is_top = strncmp(output, real, strlen(real)) == 0 && output[strlen(real)] == '\n';
    free(real);
    return is_top;
}

static int check_out(struct arena *arena, const char *root, const struct worktree *tree,
                     struct problem *problem)
{
    const char *output;
    if (is_own_top(arena, tree->folder)) {
        const char *const words[] = {"checkout", "--quiet",    "--force",
                                     "--detach", tree->commit, NULL};
        if (git_run(arena, tree->folder, words, &output, problem) == 0)
            return 0;
        if (interrupt_pending())
            return -1;
        /* One that was killed has left git's lock behind. A new tree has none. */
    }
    static const char *const prune[] = {"worktree", "prune", NULL};
    const char *const add[] = {"worktree", "add",        "--quiet",    "--force",
                               "--detach", tree->folder, tree->commit, NULL};
    if (remove_folder(arena, tree->folder, problem) != 0 ||
        git_run(arena, root, prune, &output, problem) != 0)
        return -1;
    return git_run(arena, root, add, &output, problem);
}

static int make(struct arena *arena, const struct worktree *tree, unsigned goals,
                struct problem *problem)
{
    struct strings words = {0};
    struct problem why = {0};
    const char *output;
    strings_add(arena, &words, "make");
    strings_add(arena, &words, "--no-print-directory");
    strings_add(arena, &words, "-C");
    strings_add(arena, &words, tree->folder);
    strings_add(arena, &words, arena_printf(arena, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN)));
    if ((goals & WORKTREE_LIBRARY) != 0)
        strings_add(arena, &words, "build/libhakmem.so");
    if ((goals & WORKTREE_WORKLOADS) != 0)
        strings_add(arena, &words, "workloads");
    if (tool_run(arena, words.at, &output, &why) == 0)
        return 0;
    problem_set(problem, "commit %.12s is not built: %s", tree->commit, why.text);
    return interrupt_pending() ? -1 : WORKTREE_BROKEN;
}

/* Which compiler built the tree; objects of another one are no use beside objects of this. */
static int keep_compiler(struct arena *arena, const struct worktree *tree, struct problem *problem)
{
    static const char *const words[] = {"gcc", "--version", NULL};
    const char *path = arena_printf(arena, "%s/build/compiler", tree->folder);
    const char *build = arena_printf(arena, "%s/build", tree->folder);
    const char *output;
    if (tool_run(arena, words, &output, problem) != 0)
        return -1;
    const char *line = arena_copy_part(arena, output, strcspn(output, "\n"));
    const char *before = text_read_line(arena, path);
    if (before != NULL && strcmp(before, line) == 0)
        return 0;
    if (remove_folder(arena, build, problem) != 0)
        return -1;
    FILE *file = mkdir(build, 0777) == 0 ? fopen(path, "we") : NULL;
    const bool ok = file != NULL && fprintf(file, "%s\n", line) > 0;
    if (file == NULL || fclose(file) != 0 || !ok)
        return problem_set(problem, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

/* By the names of the files, then by folders: two commits that differ in where their files stand
 * are linked in the same order. */
static int compare_objects(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    const int names = strcmp(strrchr(x, '/'), strrchr(y, '/'));
    return names != 0 ? names : strcmp(x, y);
}

/* The objects of a folder and of the folders in it: a commit may keep its sources in rooms, with
 * objects likewise, or all in one folder. */
static void add_objects(struct arena *arena, const char *folder, bool is_top,
                        struct strings *objects)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        const char *path = arena_printf(arena, "%s/%s", folder, entry->d_name);
        const size_t length = strlen(entry->d_name);
        if (length > 2 && strcmp(entry->d_name + length - 2, ".o") == 0)
            strings_add(arena, objects, path);
        else if (is_top && entry->d_name[0] != '.')
            add_objects(arena, path, false, objects); /* of what is no folder, nothing is read */
    }
    if (directory != NULL)
        closedir(directory);
}

static int find_library(struct arena *arena, struct worktree *tree, struct problem *problem)
{
    const char *link = arena_printf(arena, "%s/build/libhakmem.so", tree->folder);
    char *real = realpath(link, NULL);
    if (real == NULL) {
        problem_set(problem, "commit %.12s built no %s: %s", tree->commit, link, strerror(errno));
        return WORKTREE_BROKEN;
    }
    tree->library = arena_copy(arena, real);
    free(real);
    const char *folder = arena_copy_part(arena, tree->library,
                                         (size_t)(strrchr(tree->library, '/') - tree->library));
    tree->objects = (struct strings){0};
    add_objects(arena, folder, true, &tree->objects);
    if (tree->objects.count == 0) {
        problem_set(problem, "commit %.12s left no object files in %s", tree->commit, folder);
        return WORKTREE_BROKEN;
    }
    qsort(tree->objects.at, (size_t)tree->objects.count, sizeof *tree->objects.at, compare_objects);
    return 0;
}

int worktree_build(struct arena *arena, const char *root, const char *ref, unsigned goals,
                   struct worktree *tree, struct problem *problem)
{
    *tree = (struct worktree){0};
    if (git_resolve(arena, root, ref, &tree->commit, problem) != 0)
        return -1;
    tree->folder =
        arena_printf(arena, "%s/%.*s", trees_folder(arena, root), SHORT_HASH, tree->commit);
    if (check_out(arena, root, tree, problem) != 0 || keep_compiler(arena, tree, problem) != 0)
        return -1;
    const int status = make(arena, tree, goals, problem);
    if (status != 0)
        return status;
    utimensat(AT_FDCWD, tree->folder, NULL, 0); /* Used now: worktree_prune goes by that. */
    return (goals & WORKTREE_LIBRARY) != 0 ? find_library(arena, tree, problem) : 0;
}

int worktree_remove(struct arena *arena, const char *root, const struct worktree *tree,
                    struct problem *problem)
{
    static const char *const prune[] = {"worktree", "prune", NULL};
    const char *output;
    if (remove_folder(arena, tree->folder, problem) != 0)
        return -1;
    return git_run(arena, root, prune, &output, problem);
}

struct used {
    const char *folder;
    struct timespec at;
};

static int compare_newest_first(const void *a, const void *b)
{
    const struct timespec x = ((const struct used *)a)->at, y = ((const struct used *)b)->at;
    return x.tv_sec != y.tv_sec ? (x.tv_sec < y.tv_sec) - (x.tv_sec > y.tv_sec)
                                : (x.tv_nsec < y.tv_nsec) - (x.tv_nsec > y.tv_nsec);
}

int worktree_prune(struct arena *arena, const char *root, int kept, struct problem *problem)
{
    struct used *trees = arena_alloc(arena, TREES_MAX * sizeof *trees);
    int count = 0;
    DIR *directory = opendir(trees_folder(arena, root));
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        struct stat status;
        const char *folder = arena_printf(arena, "%s/%s", trees_folder(arena, root), entry->d_name);
        if (entry->d_name[0] != '.' && count < TREES_MAX && stat(folder, &status) == 0)
            trees[count++] = (struct used){.folder = folder, .at = status.st_mtim};
    }
    if (directory != NULL)
        closedir(directory);
    qsort(trees, (size_t)count, sizeof *trees, compare_newest_first);
    for (int i = kept; i < count; i++)
        if (worktree_remove(arena, root, &(struct worktree){.folder = trees[i].folder}, problem) !=
            0)
            return -1;
    return 0;
}
