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
         "stuck": "for (;;) pause()"}


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("units")
    (folder / "t.c").write_text(SOURCE)
    for name, body in KINDS.items():
        subprocess.run(["gcc", f"-DCHOSEN={body}", "-o", folder / name, folder / "t.c", "-lcmocka"],
                       check=True)
    return folder


def units(*programs: pathlib.Path, seconds: str = "20") -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "ci/units", *programs], capture_output=True, text=True,
                          env={**os.environ, "UNITS_SECONDS": seconds}, check=False)


def test_all_pass(programs):
    done = units(programs / "good", programs / "good")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "4 passed, 0 failed"
    assert "--- " not in done.stdout


@pytest.mark.parametrize("name, why, last", [
    ("bad", "exit 1", "3 passed, 1 failed"),
    ("dead", "reported no test", "2 passed, 1 failed"),
    ("stuck", "no end after 1 s", "2 passed, 1 failed"),
    ("absent", "cannot be run", "2 passed, 1 failed"),
])
def test_failure_is_counted_and_told(programs, name, why, last):
    done = units(programs / "good", programs / name, seconds="1")
    assert done.returncode == 1
    assert f"{programs / name}  FAILED: {why}" in done.stdout
    assert done.stdout.splitlines()[-1] == last
    assert f"--- {programs / name}" in done.stdout


def test_message_of_a_failed_assertion_is_shown(programs):
    assert "1 != 0x2" in units(programs / "bad").stdout


def test_usage():
    done = units()
    assert done.returncode == 2 and done.stderr == "usage: ci/units PROGRAM...\n"
