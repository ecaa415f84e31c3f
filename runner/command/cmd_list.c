#include "runner/base/json.h"
#include "runner/base/style.h"
#include "runner/command/commands.h"
#include "runner/measure/task.h"
#include "runner/process/elf.h"
#include "runner/store/select.h"
#include "runner/subject/bench.h"
#include "runner/subject/record.h"
#include "runner/subject/variants.h"

#include <stdio.h>
#include <string.h>

static const unsigned accepted = OPTION_MATRIX | OPTION_ROWS;

/* The variants of all sets. modes: per variant, the modes that take it. */
struct listing {
    struct bench *bench;
    struct allocators variants, peers;
    struct strings modes;
    bool colour;
};

static const char help[] =
    "usage: hakbench list [options]\n"
    "\n"
    "Shows what can be measured, and for what cannot, what to do about it.\n";

static bool is_in_set(const struct bench *bench, enum catalog_set set, const char *name)
{
    struct strings names = {0};
    variants_of_set(bench->arena, &bench->catalog, set, &names);
    return strings_hold(&names, name);
}

/* Which modes take the variant, as words. */
static const char *modes_of(struct bench *bench, const char *name)
{
    struct strings modes = {0};
    for (int m = 0; m < MODE_COUNT; m++)
        if (is_in_set(bench, (enum catalog_set)m, name))
            strings_add(bench->arena, &modes, catalog_mode_name((enum catalog_mode)m));
    return strings_join(bench->arena, &modes, " ");
}

static int read_listing(struct listing *listing, struct problem *problem)
{
    struct bench *bench = listing->bench;
    struct strings variants = {0}, peers = {0};
    if (bench_read_catalog(bench, problem) != 0)
        return -1;
    variants_of_set(bench->arena, &bench->catalog, SET_COUNT, &variants);
    allocators_add_peers(bench->arena, &bench->catalog, &peers);
    for (int i = 0; i < variants.count; i++)
        strings_add(bench->arena, &listing->modes, modes_of(bench, variants.at[i]));
    if (allocators_resolve(bench->arena, &bench->catalog, bench->root, &variants,
                           &listing->variants, problem) != 0)
        return -1;
    if (peers.count == 0)
        return 0;
    return allocators_resolve(bench->arena, &bench->catalog, bench->root, &peers, &listing->peers,
                              problem);
}

static void print_heading(const struct listing *listing, const char *title, const char *note)
{
    printf("%s%s%s  %s%s%s\n", style_on(listing->colour, STYLE_BOLD), title,
           style_off(listing->colour), style_on(listing->colour, STYLE_DIM), note,
           style_off(listing->colour));
}

/* A name in its column, then what is known of it or what is missing. */
static void print_allocator(const struct listing *listing, const struct allocator *allocator,
                            int width, const char *about)
{
    const bool missing = allocator->missing != NULL;
    printf("  %-*s  %s", width, allocator->name,
           missing ? style_on(listing->colour, STYLE_BAD) : style_on(listing->colour, STYLE_DIM));
    if (missing && allocator->kind == ALLOCATOR_HAKMEM)
        printf("%s", allocator->missing);
    else if (missing)
        printf("missing: %s", allocator->missing);
    else
        printf("%s", about);
    printf("%s\n", style_off(listing->colour));
}

static int widest(const struct allocators *list)
{
    int width = 0;
    for (int i = 0; i < list->count; i++)
        if (style_width(list->at[i].name) > width)
            width = style_width(list->at[i].name);
    return width;
}

static void print_axes(const struct listing *listing)
{
    const struct bench *bench = listing->bench;
    for (int a = 0; a < bench->catalog.axis_count; a++) {
        const struct catalog_axis *axis = &bench->catalog.axes[a];
        printf("  %-10s %s%s\n", axis->name,
               axis->parts.count == 0 ? strings_join(bench->arena, &axis->values, " ")
                                      : catalog_axis_choices(bench->arena, axis),
               axis->at_start ? "  (at start-up)" : "");
    }
}

/* Those of the usual modes one by one; of the others, which are many, only how many. */
static void print_variants(const struct listing *listing)
{
    const struct bench *bench = listing->bench;
    const int width = widest(&listing->variants);
    int others = 0, missing = 0;
    for (int i = 0; i < listing->variants.count; i++) {
        const struct allocator *variant = &listing->variants.at[i];
        if (is_in_set(bench, SET_QUICK, variant->name) ||
            is_in_set(bench, SET_DEFAULT, variant->name)) {
            print_allocator(listing, variant, width, listing->modes.at[i]);
            continue;
        }
        others++;
        missing += variant->missing != NULL;
    }
    if (others > 0)
        printf("  and %d more, %d of them built: --json lists them, make variants-all builds "
               "them\n",
               others, others - missing);
}

static void print_listing(const struct listing *listing)
{
    const struct bench *bench = listing->bench;
    print_heading(listing, "Keys of hakmem:key=value,...", "the first value is the default");
    print_axes(listing);
    putchar('\n');
    print_heading(listing, "Variants", "and the modes of `hakbench run` that take them");
    print_variants(listing);
    putchar('\n');
    print_heading(listing, "Peers", "");
    for (int i = 0; i < listing->peers.count; i++)
        print_allocator(listing, &listing->peers.at[i], widest(&listing->peers),
                        listing->peers.at[i].object);
    putchar('\n');
    print_heading(listing, "Workloads", "");
    int width = 0;
    for (int i = 0; i < bench->catalog.row_count; i++)
        if (style_width(bench->catalog.rows[i].name) > width)
            width = style_width(bench->catalog.rows[i].name);
    for (int i = 0; i < bench->catalog.row_count; i++) {
        const struct catalog_row *row = &bench->catalog.rows[i];
        const char *program;
        struct problem ignored = {0};
        const bool built = select_program(bench, row, &program, &ignored) == 0;
        printf("  %-*s  %s%s\n", width, row->name, row->about,
               built ? "" : "  not built: run make");
    }
}

static json_t *allocator_json(const struct allocator *allocator)
{
    return json_pack("{s:s, s:b, s:s?, s:s?, s:s?, s:s?}", "name", allocator->name, "available",
                     allocator->missing == NULL, "missing", allocator->missing, "object",
                     allocator->object, "build_id", allocator->build_id, "variant",
                     allocator->variant);
}

static json_t *row_json(const struct bench *bench, const struct catalog_row *row)
{
    const char *program;
    struct problem ignored = {0};
    const bool built = select_program(bench, row, &program, &ignored) == 0;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:b, s:s?}", "name", row->name, "about", row->about, "program",
                  program, "available", built, "missing", built ? NULL : "not built: run make");
    for (int m = 0; m < MODE_COUNT; m++)
        if (row->has_mode[m])
            json_object_set_new(object, catalog_mode_name((enum catalog_mode)m),
                                json_string(strings_join(bench->arena, &row->arguments[m], " ")));
    return object;
}

static void print_json(const struct listing *listing)
{
    json_t *variants = json_array(), *peers = json_array(), *workloads = json_array();
    for (int i = 0; i < listing->variants.count; i++)
        json_array_append_new(variants, allocator_json(&listing->variants.at[i]));
    for (int i = 0; i < listing->peers.count; i++)
        json_array_append_new(peers, allocator_json(&listing->peers.at[i]));
    for (int i = 0; i < listing->bench->catalog.row_count; i++)
        json_array_append_new(workloads,
                              row_json(listing->bench, &listing->bench->catalog.rows[i]));
    json_print(json_pack("{s:s, s:o, s:o, s:o}", "command", "list", "variants", variants, "peers",
                         peers, "workloads", workloads));
}

static int run(struct bench *bench, struct campaign *campaign, const void *design,
               struct problem *problem)
{
    (void)design;
    (void)campaign;
    struct listing listing = {.bench = bench, .colour = style_is_wanted(stdout)};
    if (read_listing(&listing, problem) != 0)
        return -1;
    if (bench->options.json)
        print_json(&listing);
    else
        print_listing(&listing);
    return EXIT_PASS;
}

int command_list(int argc, char *const *argv)
{
    const struct task task = {.help = help, .options = accepted, .run = run};
    return task_command(&task, argc, argv);
}
