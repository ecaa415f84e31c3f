"""ci/units tells apart what passes, fails, crashes, hangs and says nothing."""
from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = """
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void good(void **state) { (void)state; assert_true(1); }
static void chosen(void **state) { (void)state; CHOSEN; }
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(chosen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
"""
KINDS = {"good": "assert_true(1)", "bad": "assert_int_equal(1, 2)", "dead": "_exit(0)",
         "stuck": "for (;;) pause()", "absent here": "skip()",
         "long": 'for (int i = 0; i < 500; i++) printf("line %d\\n", i); fail()'}


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("units")
    (folder / "t.c").write_text(SOURCE)
    for name, body in KINDS.items():
        subprocess.run(["gcc", f"-DCHOSEN={body}", "-o", folder / name, folder / "t.c", "-lcmocka"],
                       check=True)
    return folder


def units(*programs: pathlib.Path, scale: str = "1") -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "ci/units", *programs], capture_output=True, text=True,
                          env={**os.environ, "TEST_TIME_SCALE": scale}, check=False)


def test_all_pass(programs):
    done = units(programs / "good", programs / "good")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "4 passed, 0 failed, 0 skipped"
    assert "--- " not in done.stdout


@pytest.mark.parametrize("name, why, last", [
    ("bad", "exit 1", "3 passed, 1 failed, 0 skipped"),
    ("dead", "reported no test", "2 passed, 1 failed, 0 skipped"),
    ("absent", "cannot be run", "2 passed, 1 failed, 0 skipped"),
])
def test_failure_is_counted_and_told(programs, name, why, last):
    done = units(programs / "good", programs / name)
    assert done.returncode == 1
    assert f"{programs / name}  FAILED: {why}" in done.stdout
    assert done.stdout.splitlines()[-1] == last
    assert f"--- {programs / name}" in done.stdout


def test_one_that_hangs_is_ended(programs):
    done = units(programs / "stuck", scale="0.002")
    assert done.returncode == 1
    assert "FAILED: no end after 1.2 s" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_what_is_skipped_is_named(programs):
    done = units(programs / "absent here")
    assert done.returncode == 0
    assert "1 passed, skipped chosen" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed, 1 skipped"


def test_a_failure_fits_a_screen_and_tells_how_to_run_it_alone(programs):
    done = units(programs / "long")
    assert done.returncode == 1 and len(done.stdout.splitlines()) < 60
    assert "lines left out" in done.stdout and "line 499" in done.stdout
    assert f"run it alone: ci/units {programs / 'long'}" in done.stdout


def test_message_of_a_failed_assertion_is_shown(programs):
    assert "1 != 0x2" in units(programs / "bad").stdout


def test_usage():
    done = units()
    assert done.returncode == 2 and done.stderr == "usage: ci/units PROGRAM...\n"
