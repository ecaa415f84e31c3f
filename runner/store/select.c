#include "runner/store/select.h"

#include <string.h>
#include <unistd.h>

static const char *row_names(const struct bench *bench)
{
    struct strings names = {0};
    for (int i = 0; i < bench->catalog.row_count; i++)
        strings_add(bench->arena, &names, bench->catalog.rows[i].name);
    return strings_join(bench->arena, &names, ", ");
}

int select_rows(const struct bench *bench, const struct strings *names, enum catalog_mode mode,
                struct strings *rows, struct problem *problem)
{
    for (int i = 0; i < names->count; i++) {
        const struct catalog_row *row = catalog_find_row(&bench->catalog, names->at[i]);
        if (row == NULL)
            return problem_set(problem, "unknown workload '%s': choose from %s", names->at[i],
                               row_names(bench));
        if (!row->has_mode[mode])
            return problem_set(problem, "workload %s has no line for mode %s: choose another mode",
                               row->name, catalog_mode_name(mode));
        if (!strings_hold(rows, row->name))
            strings_add(bench->arena, rows, row->name);
    }
    for (int i = 0; i < bench->catalog.row_count && names->count == 0; i++)
        if (bench->catalog.rows[i].has_mode[mode])
            strings_add(bench->arena, rows, bench->catalog.rows[i].name);
    if (rows->count == 0)
        return problem_set(problem, "no workload has a line for mode %s", catalog_mode_name(mode));
    return 0;
}

static int find_program(const struct bench *bench, const struct catalog_row *row, enum pass pass,
                        const char **program, struct problem *problem)
{
    *program = arena_printf(bench->arena, "%s/build/%s/%s", bench->root,
                            pass == PASS_LATENCY ? "latency" : "workloads", row->program);
    if (access(*program, X_OK) != 0)
        return problem_set(problem, "workload %s: %s is not built: run make", row->name, *program);
    return 0;
}

int select_program(const struct bench *bench, const struct catalog_row *row, const char **program,
                   struct problem *problem)
{
    return find_program(bench, row, PASS_THROUGHPUT, program, problem);
}

int select_threads(const struct strings *arguments)
{
    static const char option[] = "--threads";
    long threads = 1;
    for (int i = 0; i < arguments->count; i++) {
        const char *word = arguments->at[i];
        if (strncmp(word, option, sizeof option - 1) != 0)
            continue;
        if (word[sizeof option - 1] == '=')
            text_to_long(word + sizeof option, 1, 1024, &threads);
        else if (word[sizeof option - 1] == '\0' && i + 1 < arguments->count)
            text_to_long(arguments->at[i + 1], 1, 1024, &threads);
    }
    return (int)threads;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] == '-';
}

static bool is_length(const char *word)
{
    return strcmp(word, "--ops") == 0 || strncmp(word, "--ops=", 6) == 0 ||
           strcmp(word, "--seconds") == 0 || strncmp(word, "--seconds=", 10) == 0;
}

/* "--ops" and "--ops=5" are the same option, and so is "--seconds", for a run has one length. */
static bool is_same_option(const char *a, const char *b)
{
    const size_t size = strcspn(a, "=");
    if (size == strcspn(b, "=") && memcmp(a, b, size) == 0)
        return true;
    return is_length(a) && is_length(b);
}

struct strings select_override(struct arena *arena, const struct strings *row,
                               const struct strings *extra)
{
    struct strings result = {0};
    bool drops = false;
    for (int i = 0; i < row->count; i++) {
        const char *word = row->at[i];
        if (is_option(word)) {
            drops = false;
            for (int j = 0; j < extra->count; j++)
                drops = drops || (is_option(extra->at[j]) && is_same_option(word, extra->at[j]));
        }
        if (!drops)
            strings_add(arena, &result, word);
    }
    for (int i = 0; i < extra->count; i++)
        strings_add(arena, &result, extra->at[i]);
    return result;
}

static int add_cells(const struct bench *bench, const struct allocators *allocators,
                     const struct strings *rows, enum catalog_mode mode, enum pass pass,
                     struct cells *cells, struct problem *problem)
{
    const size_t more = (size_t)allocators->count * (size_t)rows->count;
    struct cell *at = arena_alloc(bench->arena, ((size_t)cells->count + more) * sizeof *at);
    if (cells->count > 0)
        memcpy(at, cells->at, (size_t)cells->count * sizeof *at);
    cells->at = at;
    for (int r = 0; r < rows->count; r++) {
        const struct catalog_row *row = catalog_find_row(&bench->catalog, rows->at[r]);
        const char *program;
        if (find_program(bench, row, pass, &program, problem) != 0)
            return -1;
        for (int a = 0; a < allocators->count; a++)
            cells->at[cells->count++] = (struct cell){
                .pass = pass,
                .allocator = allocators->at[a],
                .workload = row->name,
                .side = "",
                .program = program,
                .arguments = row->arguments[mode],
                .threads = select_threads(&row->arguments[mode]),
            };
    }
    return 0;
}

int select_cells(const struct bench *bench, const struct allocators *allocators,
                 const struct strings *rows, enum catalog_mode mode, struct cells *cells,
                 struct problem *problem)
{
    *cells = (struct cells){0};
    return add_cells(bench, allocators, rows, mode, PASS_THROUGHPUT, cells, problem);
}

int select_add_latency(const struct bench *bench, const struct allocators *allocators,
                       const struct strings *rows, enum catalog_mode mode, struct cells *cells,
                       struct problem *problem)
{
    return add_cells(bench, allocators, rows, mode, PASS_LATENCY, cells, problem);
}
