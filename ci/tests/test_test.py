"""ci/test: every part runs, whatever failed before, and one line adds them up."""
from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = "def test_it():\n    assert 1\n"
SKIPPED = "import pytest\n\ndef test_other():\n    pytest.skip('no such thing here')\n"


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    """The real scripts and settings around a tidy check, a unit and a test of its own."""
    (tmp_path / "ci").mkdir()
    for name in ("ci/test", "ci/units", "ci/surroundings.py", "conftest.py", "pytest.ini"):
        shutil.copy(ROOT / name, tmp_path / name)
    put(tmp_path, "ci/tidy", "#!/bin/sh\nexit 0\n")
    put(tmp_path, "unit", "#!/bin/sh\necho '[  PASSED  ] 3 test(s).'\n")
    put(tmp_path, "allocator/test_a.py", GOOD)
    for name in ("runner", "workloads", "reports"):
        (tmp_path / name).mkdir()
    return tmp_path


def put(tree: pathlib.Path, name: str, text: str) -> None:
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text(text)
    (tree / name).chmod(0o755)


def run(tree: pathlib.Path, *words: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tree / "ci/test", *(words or ("unit",))], capture_output=True,
                          text=True, check=False, **options)


def test_all_that_passes_is_added_up(tree):
    put(tree, "runner/test_b.py", SKIPPED)
    done = run(tree)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "5 passed, 0 failed, 1 skipped"
    assert "no such thing here" in done.stdout


@pytest.mark.parametrize(("name", "text", "last"), [
    ("ci/tidy", "#!/bin/sh\necho a.c:1: bad; exit 1\n", "4 passed, 1 failed, 0 skipped"),
    ("ci/tidy", "#!/nowhere\n", "4 passed, 1 failed, 0 skipped"),
    ("unit", "#!/bin/sh\nkill -SEGV $$\n", "2 passed, 1 failed, 0 skipped"),
    ("ci/units", "#!/bin/sh\nexit 7\n", "2 passed, 1 failed, 0 skipped"),
    ("allocator/test_a.py", "def test_it():\n    assert 0\n", "4 passed, 1 failed, 0 skipped"),
    ("allocator/test_a.py", "import nowhere\n", "4 passed, 1 failed, 0 skipped"),
    ("conftest.py", "import nowhere\n", "4 passed, 1 failed, 0 skipped"),
    ("allocator/test_a.py", "", "4 passed, 1 failed, 0 skipped"),
])
def test_what_fails_stops_no_other_part(tree, name, text, last):
    put(tree, name, text)
    done = run(tree)
    assert done.returncode == 1, done.stdout
    assert done.stdout.splitlines()[-1] == last, done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("--- ")][:1] == [
        "--- tidy"]
    assert all(f"--- {part}\n" in done.stdout for part in ("tidy", "units", "pytest"))


def test_a_build_that_failed_is_a_failure(tree):
    done = run(tree, "--built", "2", "unit")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "5 passed, 1 failed, 0 skipped"


def test_a_failure_fits_a_screen_and_tells_how_to_run_it_alone(tree):
    put(tree, "allocator/test_a.py", "def test_it():\n    print('said\\n' * 500)\n"
                                     "    assert [*range(400)] == [*range(1, 401)], 'x\\n' * 300\n")
    done = run(tree, "--only", "pytest")
    assert len(done.stdout.splitlines()) < 120
    assert "lines left out" in done.stdout
    assert "/usr/bin/python3 -m pytest 'allocator/test_a.py::test_it'\n" in done.stdout


def test_the_surroundings_are_the_same_for_everybody(tree):
    put(tree, "allocator/test_a.py", """
import os, pathlib

def test_it():
    assert os.environ["LC_ALL"] == "C.UTF-8" and "LANG" not in os.environ
    assert not [name for name in os.environ if name.startswith(("HAKMEM_", "GIT_", "MAKE"))]
    home = pathlib.Path(os.environ["HOME"])
    (home / "note").write_text("")
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "note").stat().st_mode & 0o777 == 0o644
""")
    done = run(tree, "--only", "pytest", umask=0o077,
               env={"PATH": "/usr/bin:/bin", "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE",
                    "HAKMEM_TRACE": "1", "GIT_DIR": "/nowhere", "MAKEFLAGS": "j4"})
    assert done.returncode == 0, done.stdout


def test_usage(tree):
    for words in (["--nope"], ["--built"], ["--only", "nothing"]):
        done = run(tree, *words)
        assert done.returncode == 2 and done.stderr.startswith("usage: ci/test ")
