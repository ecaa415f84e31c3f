#define _GNU_SOURCE
#include "runner/process/child.h"
#include "runner/base/interrupt.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What must end by itself is given no time by the test: ci/units has the limit for all. */
#define UNLIMITED 0

static struct arena arena;
static struct problem problem;
static struct child_result result;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static int run_shell(const char *script, double timeout_s)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const struct child_request request = {
        .argv = argv, .environment = environment, .timeout_s = timeout_s, .wants_identity = true};
    return child_run(&arena, &request, &result, &problem);
}

/* What a tick saw; after the last that is asked for it gives the child leave to end. */
struct looks {
    int count, leave;
    pid_t pid;
    int64_t last;
};

enum { LOOKS = 5 };

static void look(void *context, pid_t pid, int64_t at_ns)
{
    struct looks *looks = context;
    assert_true(at_ns > looks->last);
    assert_int_equal(kill(pid, 0), 0); /* it is not reaped: none comes after the end */
    looks->pid = pid;
    looks->last = at_ns;
    if (++looks->count == LOOKS)
        assert_int_equal(write(looks->leave, "\n", 1), 1);
}

/* A child gets a descriptor under the number that was asked for, and is looked at again and again
 * while it runs: it ends when it has been, however long that takes. */
static void descriptors_are_passed_and_ticks_come(void **state)
{
    (void)state;
    int ends[2], leave[2];
    char text[16] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pipe2(leave, O_CLOEXEC), 0);
    struct looks looks = {.leave = leave[1]};
    const struct child_descriptor passed[] = {{.fd = ends[1], .as = 98},
                                              {.fd = leave[0], .as = 99}};
    const char *const argv[] = {"/bin/sh", "-c", "echo hello >/dev/fd/98; read leave </dev/fd/99",
                                NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const struct child_request request = {.argv = argv,
                                          .environment = environment,
                                          .descriptors = passed,
                                          .descriptor_count = 2,
                                          .tick_ns = 5000000,
                                          .tick = look,
                                          .tick_context = &looks};
    assert_int_equal(child_run(&arena, &request, &result, &problem), 0);
    assert_int_equal(result.exit_code, 0);
    assert_int_equal(read(ends[0], text, sizeof text - 1), 6);
    assert_string_equal(text, "hello\n");
    assert_true(looks.count >= LOOKS);
    assert_true(looks.pid > 0 && looks.last <= result.wall_ns);
    assert_true(result.wall_ns >= LOOKS * request.tick_ns);
    assert_true(result.ended_ns > result.wall_ns);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(leave[i]);
    }
}

static void as_much_output_is_kept_as_asked_for(void **state)
{
    (void)state;
    static const size_t asked[] = {0, 100, 200 * 1024}, kept[] = {64 * 1024, 100, 150000};
    const char *const argv[] = {"/bin/sh", "-c", "head -c 150000 /dev/zero | tr '\\0' x", NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    for (int i = 0; i < 3; i++) {
        const struct child_request request = {
            .argv = argv, .environment = environment, .output_max = asked[i]};
        assert_int_equal(child_run(&arena, &request, &result, &problem), 0);
        assert_int_equal(result.exit_code, 0);
        assert_int_equal(strlen(result.output), kept[i]);
    }
}

static void output_errors_identity_and_status_come_back(void **state)
{
    (void)state;
    /* A shell takes one digit in a redirection; the path of the descriptor takes any number. */
    assert_int_equal(run_shell("echo out; echo err >&2; echo me >/dev/fd/97; exit 7", UNLIMITED),
                     0);
    assert_int_equal(result.end, CHILD_EXITED);
    assert_int_equal(result.exit_code, 7);
    assert_string_equal(result.output, "out\n");
    assert_string_equal(result.errors, "err\n");
    assert_string_equal(result.identity, "me\n");
    assert_true(result.wall_ns > 0);
    assert_true(result.usage.ru_maxrss > 0);
}

static void a_crash_is_told_by_its_signal(void **state)
{
    (void)state;
    assert_int_equal(run_shell("kill -SEGV $$", UNLIMITED), 0);
    assert_int_equal(result.end, CHILD_SIGNALLED);
    assert_int_equal(result.signal, SIGSEGV);
}

static void time_up_kills_the_whole_group(void **state)
{
    (void)state;
    /* The shell must have come to its echo before its time is up: on a machine where a shell takes
     * longer than the time, more is given. */
    pid_t grandchild = 0;
    for (double seconds = 0.1; grandchild == 0; seconds *= 2) {
        assert_int_equal(run_shell("sleep infinity & echo $!; wait", seconds), 0);
        assert_int_equal(result.end, CHILD_TIMED_OUT);
        assert_true((double)result.wall_ns >= seconds * 1e9);
        grandchild = (pid_t)atoi(result.output);
    }
    /* Killed with its group; it may wait as a zombie for init, but it runs no more. The signal is
     * on its way when the child has been reaped, so look until it has come. */
    const char *path = arena_printf(&arena, "/proc/%d/stat", grandchild);
    bool runs = true;
    while (runs) {
        const char *stat = text_read_line(&arena, path);
        runs = stat != NULL && strstr(stat, ") Z ") == NULL && kill(grandchild, 0) == 0;
        sched_yield();
    }
}

/* Waiting for it would never end. */
static void what_a_child_leaves_behind_is_not_waited_for(void **state)
{
    (void)state;
    assert_int_equal(run_shell("sleep infinity & echo done", UNLIMITED), 0);
    assert_int_equal(result.end, CHILD_EXITED);
    assert_string_equal(result.output, "done\n");
}

static void floods_neither_block_nor_overflow(void **state)
{
    (void)state;
    assert_int_equal(run_shell("head -c 3000000 /dev/zero | tr '\\0' a;"
                               "head -c 300000 /dev/zero | tr '\\0' b >&2; echo last >&2",
                               UNLIMITED),
                     0);
    assert_int_equal(strlen(result.output), 64 * 1024);
    assert_int_equal(strlen(result.errors), 4 * 1024);
    assert_string_equal(result.errors + 4 * 1024 - 6, "blast\n");
}

static void a_program_that_is_not_there_is_a_problem(void **state)
{
    (void)state;
    const char *const argv[] = {"/nowhere/program", NULL};
    const char *const none[] = {NULL};
    const struct child_request request = {.argv = argv, .environment = none};
    assert_int_equal(child_run(&arena, &request, &result, &problem), -1);
    assert_string_equal(problem.text, "cannot run /nowhere/program: No such file or directory");
}

static void the_child_is_pinned_and_leads_its_own_group(void **state)
{
    (void)state;
    cpu_set_t allowed, one;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    int core = 0;
    while (!CPU_ISSET(core, &allowed))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    const char *const argv[] = {"/bin/sh", "-c",
                                "grep Cpus_allowed_list /proc/self/status | cut -f2;"
                                "cut -d' ' -f5 /proc/$$/stat; echo $$; env",
                                NULL};
    const char *const environment[] = {"ONLY=this", NULL};
    const struct child_request request = {.argv = argv, .environment = environment, .cores = &one};
    assert_int_equal(child_run(&arena, &request, &result, &problem), 0);
    struct strings lines = {0};
    strings_split(&arena, &lines, result.output, "\n");
    assert_true(lines.count >= 4);
    assert_string_equal(lines.at[0], arena_printf(&arena, "%d", core));
    assert_string_equal(lines.at[1], lines.at[2]);
    assert_true(strings_hold(&lines, "ONLY=this"));
}

/* Interrupts end the child, not the runner: done in a process of its own, because the watch is
 * for good. */
static void an_interrupt_ends_the_child_early(void **state)
{
    (void)state;
    const pid_t runner = fork();
    if (runner == 0) {
        interrupt_watch();
        int status = run_shell("kill -TERM $PPID; sleep infinity", UNLIMITED);
        const bool right = status == 0 && result.end == CHILD_INTERRUPTED && interrupt_pending();
        arena_free(&arena);
        _exit(right ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(runner, &status, 0), runner);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(descriptors_are_passed_and_ticks_come, teardown),
        cmocka_unit_test_teardown(output_errors_identity_and_status_come_back, teardown),
        cmocka_unit_test_teardown(as_much_output_is_kept_as_asked_for, teardown),
        cmocka_unit_test_teardown(a_crash_is_told_by_its_signal, teardown),
        cmocka_unit_test_teardown(time_up_kills_the_whole_group, teardown),
        cmocka_unit_test_teardown(what_a_child_leaves_behind_is_not_waited_for, teardown),
        cmocka_unit_test_teardown(floods_neither_block_nor_overflow, teardown),
        cmocka_unit_test_teardown(a_program_that_is_not_there_is_a_problem, teardown),
        cmocka_unit_test_teardown(the_child_is_pinned_and_leads_its_own_group, teardown),
        cmocka_unit_test_teardown(an_interrupt_ends_the_child_early, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
