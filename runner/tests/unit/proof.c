#include "runner/subject/proof.h"
#include "runner/process/elf.h"
#include "runner/tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct problem problem;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct allocator hakmem = {
    .name = "hakmem",
    .kind = ALLOCATOR_HAKMEM,
    .object = "/usr/lib/libhakmem.so",
    .build_id = "aabbccddee",
    .variant = "layout=flat",
    .prewarm = "2",
};

static const char *check(const char *text)
{
    json_t *identity = json_read_object(text);
    const struct proof proof = proof_read(&arena, identity);
    json_decref(identity);
    return proof_check(&arena, &proof, &hakmem);
}

#define OWNERS                                                                                     \
    "\"malloc_object\":\"/usr/lib/libhakmem.so\",\"malloc_build_id\":\"aabbccddee\","              \
    "\"free_object\":\"/usr/lib/libhakmem.so\",\"free_build_id\":\"aabbccddee\""

static void the_right_allocator_is_believed(void **state)
{
    (void)state;
    assert_null(check("{" OWNERS ",\"variant\":\"layout=flat\",\"prewarm\":2}"));
}

static void every_deviation_is_seen(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{}", "does not say who owns malloc"},
        {"nonsense", "does not say who owns malloc"},
        {"{\"malloc_object\":\"/lib/libc.so.6\"}", "malloc is served by /lib/libc.so.6"},
        {"{\"malloc_object\":\"/usr/lib/libhakmem.so\",\"malloc_build_id\":\"aabbccddee\","
         "\"free_object\":\"/lib/libc.so.6\"}",
         "free is served by /lib/libc.so.6"},
        {"{\"malloc_object\":\"/usr/lib/libhakmem.so\",\"malloc_build_id\":\"00\"}", "built again"},
        {"{\"malloc_object\":\"/usr/lib/libhakmem.so\",\"malloc_build_id\":null}", "built again"},
        {"{" OWNERS ",\"variant\":null,\"prewarm\":2}", "says variant (none)"},
        {"{" OWNERS ",\"variant\":\"layout=deep\",\"prewarm\":2}", "says variant layout=deep"},
        {"{" OWNERS ",\"variant\":\"layout=flat\",\"prewarm\":0}", "prewarm 2 was asked for, 0"},
        {"{" OWNERS ",\"variant\":\"layout=flat\"}", "prewarm 2 was asked for, -1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *reason = check(cases[i][0]);
        assert_non_null(reason);
        assert_non_null(strstr(reason, cases[i][1]));
    }
}

static void json_numbers_and_texts_may_be_absent(void **state)
{
    (void)state;
    json_t *object = json_read_object("{\"a\":5,\"b\":null,\"c\":-3,\"d\":\"x\",\"e\":1.5}");
    assert_int_equal(json_number(object, "a"), 5);
    for (const char *key = "bcdef"; *key != '\0'; key++)
        assert_int_equal(json_number(object, (const char[]){*key, '\0'}), -1);
    assert_string_equal(json_text(&arena, object, "d"), "x");
    assert_null(json_text(&arena, object, "a"));
    json_decref(object);
    assert_null(json_read_object("[1]"));
    assert_null(json_read_object("{\"a\":1} {\"a\":2}"));
    assert_null(json_read_object(""));
}

static void our_own_binary_has_interpreter_and_compiler(void **state)
{
    (void)state;
    struct elf_info info;
    assert_int_equal(elf_read(&arena, "/proc/self/exe", &info, &problem), 0);
    assert_true(info.has_interpreter);
    assert_false(info.is_shared_object);
    assert_non_null(info.compiler);
    assert_non_null(strstr(info.compiler, "GNU C"));
    assert_non_null(strstr(info.compiler, "-fsanitize=address"));
}

/* Cut anywhere, the reader must refuse or know less, never read outside (AddressSanitizer). */
static void damaged_files_are_survived(void **state)
{
    (void)state;
    static char bytes[64 * 1024];
    FILE *self = fopen("/proc/self/exe", "rb");
    assert_non_null(self);
    const size_t size = fread(bytes, 1, sizeof bytes, self);
    fclose(self);
    char *path = scratch_template(&arena);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (size_t cut = 0; cut <= size; cut = cut < 2048 ? cut + 61 : cut * 2) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, cut, file), cut);
        fclose(file);
        struct elf_info info;
        const int status = elf_read(&arena, path, &info, &problem);
        assert_int_equal(status, cut < 64 ? -1 : 0);
    }
    unlink(path);
    struct elf_info info;
    assert_int_equal(elf_read(&arena, "/proc/self/comm", &info, &problem), -1);
    assert_int_equal(elf_read(&arena, "/", &info, &problem), -1);
    assert_int_equal(elf_read(&arena, "/nowhere", &info, &problem), -1);
    assert_string_equal(problem.text, "cannot read /nowhere: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_right_allocator_is_believed, teardown),
        cmocka_unit_test_teardown(every_deviation_is_seen, teardown),
        cmocka_unit_test_teardown(json_numbers_and_texts_may_be_absent, teardown),
        cmocka_unit_test_teardown(our_own_binary_has_interpreter_and_compiler, teardown),
        cmocka_unit_test_teardown(damaged_files_are_survived, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
