#define _GNU_SOURCE
#include "runner/subject/allocator.h"
#include "runner/subject/variants.h"
#include "runner/tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct catalog catalog;
static struct problem problem;

static const char matrix[] = "# a comment\n"
                             "axis layout build flat deep\n"
                             "axis size   build small big\n"
                             "axis warm   start 1 0\n"
                             "peer glibc  - -\n"
                             "peer ghost  libghost-of-nowhere.so.9 libghost9\n"
                             "take quick   layout=* warm=*\n"
                             "take default layout=deep size=big\n";
static const char parts_matrix[] = "axis layout build flat deep\n"
                                   "axis guards build off all\n"
                                   "parts guards dog lock wall\n"
                                   "take quick   guards=*\n"
                                   "take default layout=deep guards=off|dog+wall\n"
                                   "take default guards=all|lock\n"
                                   "take default layout=* guards=lock\n"
                                   "take misuse  layout=deep\n";
static const char rows[] = "w about  A sentence,  with two blanks.\n"
                           "w quick --ops 5 --threads 2\n"
                           "w full\n"
                           "v program w\n"
                           "v quick\n";

static const char *write_text(const char *text)
{
    char *path = scratch_template(&arena);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

static int read_texts(const char *matrix_text, const char *rows_text)
{
    const char *a = write_text(matrix_text), *b = write_text(rows_text);
    const int status = catalog_read(&arena, a, b, &catalog, &problem);
    unlink(a);
    unlink(b);
    return status;
}

static int setup(void **state)
{
    (void)state;
    return read_texts(matrix, rows);
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void rows_keep_their_words(void **state)
{
    (void)state;
    const struct catalog_row *w = catalog_find_row(&catalog, "w");
    assert_non_null(w);
    assert_string_equal(w->about, "A sentence,  with two blanks.");
    assert_string_equal(w->program, "w");
    assert_string_equal(strings_join(&arena, &w->arguments[MODE_QUICK], " "),
                        "--ops 5 --threads 2");
    assert_true(w->has_mode[MODE_FULL]);
    assert_int_equal(w->arguments[MODE_FULL].count, 0);
    assert_false(w->has_mode[MODE_DEFAULT]);
    assert_string_equal(catalog_find_row(&catalog, "v")->program, "w");
    assert_null(catalog_find_row(&catalog, "x"));
}

static void takes_are_products_and_the_default_comes_first(void **state)
{
    (void)state;
    struct strings quick = {0}, middle = {0}, full = {0}, all = {0};
    variants_of_set(&arena, &catalog, SET_QUICK, &quick);
    assert_string_equal(strings_join(&arena, &quick, " "),
                        "hakmem hakmem:warm=0 hakmem:layout=deep hakmem:layout=deep,warm=0");
    variants_of_set(&arena, &catalog, SET_DEFAULT, &middle);
    assert_string_equal(strings_join(&arena, &middle, " "), "hakmem hakmem:layout=deep,size=big");
    variants_of_set(&arena, &catalog, SET_FULL, &full);
    assert_string_equal(strings_join(&arena, &full, " "), "hakmem");
    variants_of_set(&arena, &catalog, SET_COUNT, &all);
    assert_string_equal(strings_join(&arena, &all, " "),
                        "hakmem hakmem:warm=0 hakmem:layout=deep hakmem:layout=deep,warm=0 "
                        "hakmem:layout=deep,size=big");
}

static void parts_make_every_choice_of_them(void **state)
{
    (void)state;
    assert_int_equal(read_texts(parts_matrix, rows), 0);
    assert_string_equal(strings_join(&arena, &catalog.axes[1].values, " "),
                        "off all dog lock wall dog+lock dog+wall lock+wall");
    struct strings quick = {0}, misuse = {0};
    variants_of_set(&arena, &catalog, SET_QUICK, &quick);
    assert_int_equal(quick.count, 8);
    assert_string_equal(quick.at[5], "hakmem:guards=dog+lock");
    variants_of_set(&arena, &catalog, SET_MISUSE, &misuse);
    assert_string_equal(strings_join(&arena, &misuse, " "), "hakmem hakmem:layout=deep");
}

static void takes_of_a_set_are_a_union(void **state)
{
    (void)state;
    struct strings names = {0};
    assert_int_equal(read_texts(parts_matrix, rows), 0);
    variants_of_set(&arena, &catalog, SET_DEFAULT, &names);
    assert_string_equal(strings_join(&arena, &names, " "),
                        "hakmem hakmem:layout=deep hakmem:layout=deep,guards=dog+wall "
                        "hakmem:guards=all hakmem:guards=lock hakmem:layout=deep,guards=lock");
}

static void a_choice_of_parts_has_one_name(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"wall+dog", "hakmem:guards=dog+wall"},
                                           {"lock+lock", "hakmem:guards=lock"},
                                           {"lock+wall+dog", "hakmem:guards=all"},
                                           {"all", "hakmem:guards=all"},
                                           {"off", "hakmem"}};
    struct variant variant;
    assert_int_equal(read_texts(parts_matrix, rows), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = arena_printf(&arena, "hakmem:guards=%s", cases[i][0]);
        assert_int_equal(variant_from_name(&arena, &catalog, name, &variant, &problem), 0);
        assert_string_equal(variant_name(&arena, &catalog, &variant), cases[i][1]);
    }
    static const char *const wrong[] = {"cat", "dog+cat", "off+dog", "all+dog", "", "+"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *name = arena_printf(&arena, "hakmem:guards=%s", wrong[i]);
        assert_int_equal(variant_from_name(&arena, &catalog, name, &variant, &problem), -1);
        assert_non_null(strstr(problem.text, "off, all or any of dog, lock, wall joined by +"));
        assert_null(strchr(problem.text, '\n'));
    }
}

static void names_are_canonical(void **state)
{
    (void)state;
    struct variant variant;
    assert_int_equal(variant_from_name(&arena, &catalog, "hakmem:warm=0,size=small,layout=deep",
                                       &variant, &problem),
                     0);
    assert_string_equal(variant_name(&arena, &catalog, &variant), "hakmem:layout=deep,warm=0");
    assert_string_equal(variant_slug(&arena, &catalog, &variant), "deep-small");
    assert_string_equal(variant_string(&arena, &catalog, &variant), "layout=deep,size=small");
    assert_int_equal(variant_from_name(&arena, &catalog, "hakmem:warm=12", &variant, &problem), 0);
    assert_string_equal(variant_name(&arena, &catalog, &variant), "hakmem:warm=12");
}

static void wrong_names_list_the_valid_ones(void **state)
{
    (void)state;
    struct variant variant;
    static const char *const cases[][2] = {{"hakmem:size=huge", "small, big"},
                                           {"hakmem:size", "small, big"},
                                           {"hakmem:siz=small", "layout, size, warm"},
                                           {"hakmem:warm=-1", "1, 0"},
                                           {"hakmem:warm=01", "1, 0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(variant_from_name(&arena, &catalog, cases[i][0], &variant, &problem), -1);
        assert_non_null(strstr(problem.text, cases[i][1]));
    }
}

static void lists_of_names_keep_variants_whole(void **state)
{
    (void)state;
    struct strings names = {0};
    allocators_split(&arena, "a,hakmem:x=1,y=2,b,hakmem:z=3,/p/q=r.so", &names);
    assert_string_equal(strings_join(&arena, &names, " "),
                        "a hakmem:x=1,y=2 b hakmem:z=3 /p/q=r.so");
}

static void what_is_not_there_is_missing_with_a_remedy(void **state)
{
    (void)state;
    struct allocator allocator;
    assert_int_equal(allocator_resolve(&arena, &catalog, "/nowhere", "ghost", &allocator, &problem),
                     0);
    assert_string_equal(allocator.missing, "apt-get install libghost9");
    assert_int_equal(
        allocator_resolve(&arena, &catalog, "/nowhere", "hakmem:warm=0", &allocator, &problem), 0);
    assert_string_equal(allocator.missing, "not built: run make");
    assert_string_equal(allocator.environment.at[0], "HAKMEM_WARM=0");
    assert_string_equal(allocator.variant, "layout=flat,size=small");
    assert_int_equal(
        allocator_resolve(&arena, &catalog, "/nowhere", "hakmem:size=big", &allocator, &problem),
        0);
    assert_string_equal(allocator.missing,
                        "not built: run make build/variants/flat-big/libhakmem.so");
}

static void the_c_library_is_known_by_its_file(void **state)
{
    (void)state;
    struct allocator allocator;
    assert_int_equal(allocator_resolve(&arena, &catalog, "/nowhere", "glibc", &allocator, &problem),
                     0);
    assert_null(allocator.missing);
    assert_null(allocator.preload);
    assert_non_null(strstr(allocator.object, "/libc.so.6"));
    assert_int_equal(strlen(allocator.build_id), 40);
}

static void wrong_allocators_are_refused(void **state)
{
    (void)state;
    struct allocator allocator;
    static const char *const cases[][2] = {{"malloc", "glibc, ghost, hakmem"},
                                           {"hakmemo", "glibc, ghost, hakmem"},
                                           {"/nowhere.so", "No such file"},
                                           {"/proc/self/exe", "not a shared object"},
                                           {"/etc/hostname", "not a 64-bit ELF file"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            allocator_resolve(&arena, &catalog, "/nowhere", cases[i][0], &allocator, &problem), -1);
        assert_non_null(strstr(problem.text, cases[i][1]));
    }
}

static void wrong_lines_are_named(void **state)
{
    (void)state;
    static const char *const matrices[][2] = {{"axis a build x\nfoo\n", ":2: 'foo'"},
                                              {"axis a\n", ":1: write: axis"},
                                              {"axis a now x\n", ":1: axis a is chosen"},
                                              {"axis a build x\ntake quick a=y\n", "no value 'y'"},
                                              {"axis a build x\ntake quick b=x\n", "no axis"},
                                              {"axis a build x\ntake often a=x\n", "SET being"},
                                              {"axis a build x y\ntake quick a=x|z\n", "'z'"},
                                              {"parts a b c\n", ":1: write: parts"},
                                              {"axis a build x\nparts a b c\n", ":2: write"},
                                              {"axis a build x y\nparts a b\n", ":2: write"},
                                              {"peer p\n", ":1: write: peer"},
                                              {"# nothing\n", "names no axis"}};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++) {
        assert_int_equal(read_texts(matrices[i][0], rows), -1);
        assert_non_null(strstr(problem.text, matrices[i][1]));
    }
    static const char *const lists[][2] = {{"w\n", ":1: row w needs a key"},
                                           {"w quick\n\nw often 3\n", ":3: 'often'"},
                                           {"", "names no workload"}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_int_equal(read_texts(matrix, lists[i][0]), -1);
        assert_non_null(strstr(problem.text, lists[i][1]));
    }
    assert_int_equal(catalog_read(&arena, "/nowhere", "/nowhere", &catalog, &problem), -1);
    assert_non_null(strstr(problem.text, "cannot read /nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_keep_their_words, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_are_products_and_the_default_comes_first, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(parts_make_every_choice_of_them, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_of_a_set_are_a_union, setup, teardown),
        cmocka_unit_test_setup_teardown(a_choice_of_parts_has_one_name, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_canonical, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_names_list_the_valid_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_of_names_keep_variants_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_missing_with_a_remedy, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_c_library_is_known_by_its_file, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_allocators_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_lines_are_named, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
