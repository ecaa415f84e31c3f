#include "runner/subject/programs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct program programs[] = {
    {.name = "true",
     .about = "/bin/true: what every process pays for its allocator",
     .binary = "true",
     .package = "coreutils",
     .arguments = "",
     .runs = 20,
     .threads = 1,
     .is_startup = true},
    {.name = "startup",
     .about = "ws8192 --startup: the first operations of a process",
     .binary = "build/workloads/ws8192",
     .arguments = "--startup",
     .runs = 5,
     .threads = 1,
     .is_workload = true,
     .is_startup = true},
    /* Its own allocator would answer for most objects, whatever malloc is below. */
    {.name = "python3",
     .about = "python3 over JSON and tables, its objects by malloc",
     .binary = "/usr/bin/python3",
     .package = "python3",
     .arguments = "@/workloads/programs/work.py",
     .environment = "PYTHONMALLOC=malloc",
     .runs = 2,
     .threads = 1},
    {.name = "sqlite3",
     .about = "sqlite3 in memory: inserts, indices, joins, updates",
     .binary = "sqlite3",
     .package = "sqlite3",
     .arguments = "-init @/workloads/programs/queries.sql :memory: .quit",
     .runs = 2,
     .threads = 1},
    {.name = "gcc",
     .about = "gcc -O1 over the C of the red-black tree",
     .binary = "gcc",
     .package = "gcc",
     .arguments = "-std=gnu11 -O1 -iquote @ -c @/workloads/rbtree/tree.c -o /dev/null",
     .runs = 2},
    {.name = "redis",
     .about = "redis-benchmark against a redis-server under the allocator",
     .binary = "redis-server",
     .package = "redis-server redis-tools",
     .arguments = "--port 0 --unixsocket %/redis.sock --dir % --appendonly no --daemonize no "
                  "--supervised systemd --loglevel warning --save",
     .runs = 2,
     .is_server = true},
};

int programs_count(void)
{
    return (int)(sizeof programs / sizeof *programs);
}

const struct program *program_at(int index)
{
    return &programs[index];
}

const struct program *program_find(const char *name)
{
    for (int i = 0; i < programs_count(); i++)
        if (strcmp(programs[i].name, name) == 0)
            return &programs[i];
    return NULL;
}

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

int program_find_binary(struct arena *arena, const char *name, const char **path,
                        struct problem *problem)
{
    if (strchr(name, '/') != NULL) {
        if (!is_program(name))
            return problem_set(problem, "%s is no executable file: name another", name);
        char *real = realpath(name, NULL);
        *path = real != NULL ? arena_copy(arena, real) : name;
        free(real);
        return 0;
    }
    struct strings folders = {0};
    const char *list = getenv("PATH");
    strings_split(arena, &folders, list != NULL ? list : "/usr/bin:/bin", ":");
    for (int i = 0; i < folders.count; i++) {
        *path = arena_printf(arena, "%s/%s", folders.at[i], name);
        if (is_program(*path))
            return 0;
    }
    return problem_set(problem, "%s is not in PATH: name an executable", name);
}

/* One word of the arguments with what stands for a folder put in. */
static const char *fill_in(struct arena *arena, const char *word, const char *root,
                           const char *folder)
{
    const char *mark = strpbrk(word, "@%");
    return mark == NULL ? word
                        : arena_printf(arena, "%.*s%s%s", (int)(mark - word), word,
                                       *mark == '@' ? root : folder, mark + 1);
}

int program_cell(struct arena *arena, const struct program *program,
                 const struct allocator *allocator, const char *root, const char *folder,
                 struct cell *cell, struct problem *problem)
{
    struct strings words = {0};
    struct problem unknown = {0};
    const char *binary = program->binary;
    if (program->is_workload)
        binary = arena_printf(arena, "%s/%s", root, binary);
    *cell = (struct cell){.allocator = *allocator,
                          .workload = program->name,
                          .side = "",
                          .threads = program->threads,
                          .tells_itself = program->is_workload};
    if (program_find_binary(arena, binary, &cell->program, &unknown) != 0)
        return program->package != NULL
                   ? problem_set(problem, "%s is not installed: apt-get install %s", binary,
                                 program->package)
                   : problem_set(problem, "%s is not built: run make", binary);
    strings_split(arena, &words, program->arguments, " ");
    for (int i = 0; i < words.count; i++)
        strings_add(arena, &cell->arguments, fill_in(arena, words.at[i], root, folder));
    if (program->is_server)
        strings_add(arena, &cell->arguments, ""); /* of --save: never */
    /* Debian's redis-server is linked to jemalloc: the C library must be put before it, too. */
    if (program->is_server && allocator->preload == NULL)
        cell->allocator.preload = allocator->object;
    if (program->environment != NULL) {
        struct strings settings = {0};
        for (int i = 0; i < allocator->environment.count; i++)
            strings_add(arena, &settings, allocator->environment.at[i]);
        strings_add(arena, &settings, program->environment);
        cell->allocator.environment = settings;
    }
    return 0;
}
