#define _GNU_SOURCE
#include "runner/gate/relink.h"
#include "runner/gate/plant.h"
#include "runner/process/tool.h"
#include "runner/tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct problem problem;
static const char *folder;
static struct strings objects;

static const char *compile(const char *name, const char *source)
{
    const char *c = arena_printf(&arena, "%s/%s.c", folder, name);
    const char *o = arena_printf(&arena, "%s/%s.o", folder, name);
    const char *const words[] = {"gcc", "-fPIC", "-O1", "-fno-builtin", "-c", "-o", o, c, NULL};
    const char *output;
    FILE *file = fopen(c, "w");
    assert_non_null(file);
    fputs(source, file);
    fclose(file);
    assert_int_equal(tool_run(&arena, words, &output, &problem), 0);
    return o;
}

static int setup(void **state)
{
    (void)state;
    folder = scratch_folder(&arena);
    assert_non_null(folder);
    strings_add(&arena, &objects, compile("one", "int one(void) { return 1; }"));
    strings_add(&arena, &objects, compile("two", "int two(void) { return 2; }"));
    strings_add(&arena, &objects,
                compile("preload",
                        "static char b[64]; void *malloc(unsigned long n) { return n < 64 "
                        "? b : 0; } void free(void *p) { (void)p; }"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    const int status = system(arena_printf(&arena, "rm -rf %s", folder));
    arena_free(&arena);
    return status;
}

static const char *link_as(const char *name, const struct relink *how)
{
    struct relink own = *how;
    own.objects = &objects;
    own.target = arena_printf(&arena, "%s/%s/libhakmem.so", folder, name);
    assert_int_equal(relink(&arena, &own, &problem), 0);
    return own.target;
}

static const char *say(const char *const *words)
{
    const char *output;
    assert_int_equal(tool_run(&arena, words, &output, &problem), 0);
    return output;
}

static bool are_equal(const char *a, const char *b)
{
    const char *const words[] = {"cmp", a, b, NULL};
    const char *output;
    return tool_run(&arena, words, &output, &problem) == 0;
}

static void a_seed_is_a_layout(void **state)
{
    (void)state;
    const char *a = link_as("a", &(struct relink){.shuffles = true, .seed = 1});
    const char *b = link_as("b", &(struct relink){.shuffles = true, .seed = 1});
    const char *c = link_as("c", &(struct relink){.shuffles = true, .seed = 2});
    const char *plain = link_as("p", &(struct relink){.seed = 1});
    const char *again = link_as("q", &(struct relink){.seed = 2});
    assert_true(are_equal(a, b));
    assert_false(are_equal(a, c));
    assert_false(are_equal(a, plain));
    assert_true(are_equal(plain, again));
}

static void a_plant_stands_before_malloc_and_free_alone(void **state)
{
    (void)state;
    const char *planted =
        compile("planted", "void *planted_malloc(unsigned long); void planted_free(void *);"
                           "void *malloc(unsigned long n) { return planted_malloc(n); }"
                           "void free(void *p) { planted_free(p); }");
    const char *so = link_as("w", &(struct relink){.planted = planted, .shuffles = true});
    const char *const words[] = {"nm", "-D", "--defined-only", so, NULL};
    const char *names = say(words);
    static const char *const wanted[] = {" T malloc\n",       " T free\n", " T planted_malloc\n",
                                         " T planted_free\n", " T one\n",  " T two\n"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(names, wanted[i]));
}

static void the_linkers_first_error_is_told(void **state)
{
    (void)state;
    struct strings broken = {0};
    strings_add(&arena, &broken, compile("lost", "int lost(void); int f(void) { return lost(); }"));
    const struct relink how = {.objects = &broken,
                               .target = arena_printf(&arena, "%s/l/libhakmem.so", folder)};
    assert_int_equal(relink(&arena, &how, &problem), -1);
    assert_non_null(strstr(problem.text, "undefined reference to `lost'"));
}

static void plants_are_read_by_name(void **state)
{
    (void)state;
    struct plant plant;
    assert_int_equal(plant_parse(&arena, "slowdown=2.5%", &plant, &problem), 0);
    assert_int_equal(plant.kind, PLANT_SLOWDOWN);
    assert_string_equal(plant.name, "slowdown=2.5%");
    assert_string_equal(plant_setting(&arena, &plant, true, 0), "HAKMEM_PLANT=slowdown:0.025");
    assert_string_equal(plant_setting(&arena, &plant, false, 0), "HAKMEM_PLANT=slowdown:0");
    assert_int_equal(plant_parse(&arena, "stall", &plant, &problem), 0);
    assert_string_equal(plant_setting(&arena, &plant, true, 0), "HAKMEM_PLANT=stall:20000");
    assert_int_equal(plant_parse(&arena, "instructions=1%", &plant, &problem), 0);
    assert_string_equal(plant_setting(&arena, &plant, true, 0.5), "HAKMEM_PLANT=instructions:0.5");
    static const char *const wrong[] = {"",           "none",         "slowdown",      "slowdown=5",
                                        "slowdown=%", "slowdown=-5%", "slowdown=nan%", "faults=1%",
                                        "stalls"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(plant_parse(&arena, wrong[i], &plant, &problem), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_is_a_layout),
        cmocka_unit_test(a_plant_stands_before_malloc_and_free_alone),
        cmocka_unit_test(the_linkers_first_error_is_told),
        cmocka_unit_test(plants_are_read_by_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
