#define _GNU_SOURCE
#include "runner/gate/worktree.h"
#include "runner/process/git.h"
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

/* A repository of four commits: `good`, `broken` (does not compile), `fixed` and `rooms`. Its
 * library is one object in a variant's folder behind a link, as in the real one; in `rooms` it is
 * three in folders of that folder. */
static const char script[] =
    "set -e; cd \"$1\"\n"
    "export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a"
    " GIT_COMMITTER_EMAIL=a\n"
    "git init -q .\n"
    "printf 'build/libhakmem.so: one.c\\n\\tmkdir -p build/v\\n\\tgcc -c -fPIC -o build/v/one.o "
    "one.c\\n\\tgcc -shared -o build/v/libhakmem.so build/v/one.o\\n\\tln -sfr "
    "build/v/libhakmem.so build/libhakmem.so\\nworkloads:\\n\\ttouch build/w\\n' > Makefile\n"
    "echo /build > .gitignore\n"
    "echo 'int one = 1;' > one.c; git add -A; git commit -qm good; git tag good\n"
    "echo 'int one = ;' > one.c; git commit -qam broken; git tag broken\n"
    "echo 'int one = 2;' > one.c; git commit -qam fixed; git tag fixed\n"
    "printf 'build/libhakmem.so: one.c\\n\\tmkdir -p build/v/a build/v/b\\n\\tgcc -c -fPIC -o "
    "build/v/b/one.o one.c\\n\\tgcc -c -fPIC -o build/v/a/two.o -x c /dev/null\\n\\tgcc -c -fPIC "
    "-o build/v/new.o -x c /dev/null\\n\\tgcc -shared -o build/v/libhakmem.so build/v/b/one.o\\n"
    "\\tln -sfr build/v/libhakmem.so build/libhakmem.so\\n' > Makefile\n"
    "git commit -qam rooms; git tag rooms\n";

static struct arena arena;
static struct problem problem;
static const char *root;
static struct worktree tree;

static int setup(void **state)
{
    (void)state;
    root = scratch_folder(&arena);
    assert_non_null(root);
    /* As a hook would: git must not be led to another repository by it. */
    setenv("GIT_DIR", "/nowhere", 1);
    FILE *shell = popen(arena_printf(&arena, "env -u GIT_DIR sh -s %s", root), "w");
    assert_non_null(shell);
    fputs(script, shell);
    return pclose(shell);
}

static int teardown(void **state)
{
    (void)state;
    const int status = system(arena_printf(&arena, "rm -rf %s", root));
    arena_free(&arena);
    return status;
}

static int build(const char *ref, unsigned goals)
{
    return worktree_build(&arena, root, ref, goals, &tree, &problem);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_commit_is_built_in_a_tree_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(build("good", WORKTREE_LIBRARY), 0);
    assert_int_equal(strlen(tree.commit), 40);
    assert_non_null(strstr(tree.library, "/build/v/libhakmem.so"));
    assert_int_equal(tree.objects.count, 1);
    assert_non_null(strstr(tree.objects.at[0], "/build/v/one.o"));
    assert_string_equal(text_read_line(&arena, arena_printf(&arena, "%s/one.c", tree.folder)),
                        "int one = 1;");
    assert_int_not_equal(access(arena_printf(&arena, "%s/build/w", tree.folder), F_OK), 0);
    assert_int_equal(build("good", WORKTREE_LIBRARY | WORKTREE_WORKLOADS), 0);
    assert_int_equal(access(arena_printf(&arena, "%s/build/w", tree.folder), F_OK), 0);
}

/* Objects are found at both depths, in the order of their names whatever folder they are in: else
 * a commit that only moves files would be linked, and measured, in another order than its base. */
static void objects_in_rooms_are_found_in_order_of_name(void **state)
{
    (void)state;
    assert_int_equal(build("rooms", WORKTREE_LIBRARY), 0);
    assert_int_equal(tree.objects.count, 3);
    assert_non_null(strstr(tree.objects.at[0], "/build/v/new.o"));
    assert_non_null(strstr(tree.objects.at[1], "/build/v/b/one.o"));
    assert_non_null(strstr(tree.objects.at[2], "/build/v/a/two.o"));
}

static void a_failing_build_tells_the_first_error_of_the_compiler(void **state)
{
    (void)state;
    assert_int_equal(build("broken", WORKTREE_LIBRARY), WORKTREE_BROKEN);
    assert_non_null(
        strstr(problem.text, "is not built: make: one.c:1:11: error: expected expression"));
}

static void a_name_of_nothing_is_a_problem(void **state)
{
    (void)state;
    assert_int_equal(build("nonesuch", WORKTREE_LIBRARY), -1);
    assert_non_null(strstr(problem.text, "no commit is called 'nonesuch'"));
    assert_int_equal(build("--all", WORKTREE_LIBRARY), -1);
}

/* What was edited in a tree, and what another compiler built, are put right. */
static void a_tree_that_was_changed_is_put_right(void **state)
{
    (void)state;
    assert_int_equal(build("fixed", WORKTREE_LIBRARY), 0);
    const char *source = arena_printf(&arena, "%s/one.c", tree.folder);
    const char *stray = arena_printf(&arena, "%s/build/stray", tree.folder);
    write_file(source, "int one = ;\n");
    write_file(stray, "");
    write_file(arena_printf(&arena, "%s/build/compiler", tree.folder), "another gcc\n");
    assert_int_equal(build("fixed", WORKTREE_LIBRARY), 0);
    assert_string_equal(text_read_line(&arena, source), "int one = 2;");
    assert_int_not_equal(access(stray, F_OK), 0);
}

/* A folder that a kill left without git's file must not make git take the repository around it for
 * the tree: the checkout would overwrite a person's work. */
static void a_half_made_tree_never_reaches_the_repository_around_it(void **state)
{
    (void)state;
    const char *own = arena_printf(&arena, "%s/one.c", root);
    write_file(own, "work of a person\n");
    assert_int_equal(build("good", WORKTREE_LIBRARY), 0);
    assert_int_equal(unlink(arena_printf(&arena, "%s/.git", tree.folder)), 0);
    assert_int_equal(build("good", WORKTREE_LIBRARY), 0);
    assert_string_equal(text_read_line(&arena, own), "work of a person");
}

static void trees_go_when_they_are_removed(void **state)
{
    (void)state;
    assert_int_equal(build("good", WORKTREE_LIBRARY), 0);
    const char *good = tree.folder;
    assert_int_equal(build("fixed", WORKTREE_LIBRARY), 0);
    assert_int_equal(worktree_prune(&arena, root, 1, &problem), 0);
    assert_int_not_equal(access(good, F_OK), 0);
    assert_int_equal(access(tree.folder, F_OK), 0);
    assert_int_equal(worktree_remove(&arena, root, &tree, &problem), 0);
    assert_int_not_equal(access(tree.folder, F_OK), 0);
    static const char *const list[] = {"worktree", "list", "--porcelain", NULL};
    const char *output;
    assert_int_equal(git_run(&arena, root, list, &output, &problem), 0);
    assert_null(strstr(output, tree.folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_is_built_in_a_tree_of_its_own),
        cmocka_unit_test(objects_in_rooms_are_found_in_order_of_name),
        cmocka_unit_test(a_failing_build_tells_the_first_error_of_the_compiler),
        cmocka_unit_test(a_name_of_nothing_is_a_problem),
        cmocka_unit_test(a_tree_that_was_changed_is_put_right),
        cmocka_unit_test(a_half_made_tree_never_reaches_the_repository_around_it),
        cmocka_unit_test(trees_go_when_they_are_removed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
