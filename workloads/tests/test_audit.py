"""The audit against a malloc that goes wrong on purpose, and the harness's own restraint."""
from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

import pytest

from workloads.tests.programs import PROGRAMS, SMALL, start

Build = Callable[[str], pathlib.Path]
RUNS = {**SMALL, "ws8192 --startup": ["--startup"]}


def run_broken(build: Build, run: str, how: str, every: int, *arguments: str):
    return start(run.split()[0], *RUNS[run], *arguments, LD_PRELOAD=str(build("broken")),
                 BROKEN_HOW=how, BROKEN_EVERY=str(every))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("how", ["twice", "flip"])
@pytest.mark.parametrize("threads", ["1", "3"])
def test_audit_sees_planted_corruption(shared_object: Build, run: str, how: str,
                                       threads: str) -> None:
    if (run, how, threads) == ("cfrac", "twice", "3"):
        pytest.skip("two threads that compute in one number's memory may never come to an end")
    done = run_broken(shared_object, run, how, 1009, "--audit", "--threads", threads)
    assert done.returncode == 4, done
    line = json.loads(done.stdout)
    assert line["audit_errors"] > 0
    assert line["identity"]["malloc_object"] == str(shared_object("broken"))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("how", ["twice", "flip"])
def test_audit_accepts_the_same_malloc_when_nothing_is_planted(shared_object: Build, run: str,
                                                               how: str) -> None:
    done = run_broken(shared_object, run, how, 0, "--audit")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["audit_errors"] == 0


@pytest.mark.parametrize("run", RUNS)
def test_out_of_memory_is_said(shared_object: Build, run: str) -> None:
    done = run_broken(shared_object, run, "empty", 1009)
    assert done.returncode == 4 and done.stdout == ""
    assert done.stderr.startswith("malloc(") and "returned NULL: Cannot allocate" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("program", PROGRAMS)
def test_harness_does_not_allocate_with_the_work(shared_object: Build, program: str,
                                                 threads: int) -> None:
    """What the program asks of malloc beyond the blocks that it reports must not grow."""
    beyond = []
    for ops in ("1000", "1000000"):
        work = [a for a in SMALL[program] if a not in ("--ops", "200000")]
        done = start(program, *work, "--ops", ops, "--threads", str(threads),
                     LD_PRELOAD=str(shared_object("broken")), BROKEN_HOW="count")
        assert done.returncode == 0, done
        beyond.append(int(done.stderr) - json.loads(done.stdout)["allocs"])
    assert beyond[0] == beyond[1]
    assert beyond[0] <= 10 + 3 * threads
