"""Whatever ends a run: nothing that was measured is lost, nothing is measured twice."""
from __future__ import annotations

import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable

import pytest

from runner.tests.bench import SECONDS_MAX, Bench
from runner.tests.conftest import FOLDER, compile_preload

REPEATS = 6


class Held:
    """A run that stops at a process of the holding allocator, after `passes` of them."""

    def __init__(self, bench: Bench, allocator: str, passes: int) -> None:
        self.file = bench.write("hold", f"{passes}\n")
        self.note = bench.folder / "hold.pid"
        self.environment = {"HAKMEM_HOLD": str(self.file)}
        self.runner = bench.start("run", "--mode", "quick", "--workloads", "ws8192", "--repeats",
                                  REPEATS, "--allocators", f"glibc,{allocator}",
                                  **self.environment)
        deadline = time.monotonic() + SECONDS_MAX
        while not self.note.exists():
            assert time.monotonic() < deadline and self.runner.poll() is None
        self.child = int(self.note.read_text())

    def child_runs(self) -> bool:
        try:
            with open(f"/proc/{self.child}/stat", encoding="ascii") as file:
                return ") Z " not in file.read()
        except FileNotFoundError:
            return False

    def release(self) -> None:
        self.file.write_text("1000\n")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline


def check_complete(bench: Bench, before: list[tuple]) -> None:
    after = [tuple(s) for s in bench.samples()]
    assert after[:len(before)] == before
    assert [s["position"] for s in bench.samples()] == list(range(2 * REPEATS))
    for block in range(REPEATS):
        assert len({s["allocator"] for s in bench.samples() if s["block"] == block}) == 2
    (session,) = bench.rows_of("SELECT * FROM session")
    assert session["ended_utc"] is not None


def test_kill_in_the_middle_then_resume(bench: Bench, preload: Callable[[str], str]) -> None:
    held = Held(bench, preload("hold"), 3)
    assert held.child_runs()
    held.runner.kill()
    held.runner.communicate(timeout=SECONDS_MAX)
    wait_until(lambda: not held.child_runs())  # The kernel kills the child with its parent.
    before = [tuple(s) for s in bench.samples()]
    assert 3 <= len(before) < 2 * REPEATS
    held.release()
    done = bench.call("run", "--resume", environment=held.environment)
    assert done.returncode == 0, done.stderr
    assert f"session 1 goes on: {len(before)} of {2 * REPEATS} samples are there" in done.stderr
    check_complete(bench, before)
    again = bench.call("run", "--resume", environment=held.environment)
    assert again.returncode == 2
    assert "no unfinished run" in again.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_stores_and_says_how_to_go_on(bench: Bench, preload: Callable[[str], str],
                                                   number: signal.Signals) -> None:
    held = Held(bench, preload("hold"), 2)
    held.runner.send_signal(number)
    _, stderr = held.runner.communicate(timeout=SECONDS_MAX)
    assert held.runner.returncode == 130
    assert not held.child_runs()
    before = [tuple(s) for s in bench.samples()]
    assert len(before) >= 2
    assert f"{len(before)} of {2 * REPEATS} samples are stored in {bench.database}" in stderr
    assert f"hakbench run --resume --results {bench.results} goes on" in stderr
    held.release()
    done = bench.call("run", "--resume", environment=held.environment)
    assert done.returncode == 0, done.stderr
    check_complete(bench, before)


def test_kills_at_random_instants(bench: Bench) -> None:
    chance = random.Random(20)
    words = ["--mode", "quick", "--allocators", "glibc,jemalloc", "--workloads", "ws8192",
             "--repeats", 100]
    seen: dict[int, tuple] = {}
    kills = 0
    runner = None
    while runner is None or runner.returncode < 0:
        # The first is too short for 200 processes; later ones grow, and soon, so that it ends on any
        # machine, however long a process takes to begin with.
        seconds = chance.uniform(0.02, 0.06 * 1.15 ** kills)
        runner = bench.start("run", *words, *(["--resume"] if seen else []))
        try:
            _, stderr = runner.communicate(timeout=seconds)
            # Killed between the last fact and the exit: there is nothing left to resume.
            assert runner.returncode == 0 or "no unfinished run" in stderr, stderr
        except subprocess.TimeoutExpired:
            runner.kill()
            runner.communicate(timeout=SECONDS_MAX)
            kills += 1
        try:
            newest = bench.rows_of("SELECT * FROM sample WHERE session_id ="
                                   " (SELECT max(id) FROM session) ORDER BY position")
        except sqlite3.OperationalError:
            newest = []  # Killed before there was a database.
        samples = {sample["position"]: tuple(sample) for sample in newest}
        assert seen.items() <= samples.items()
        seen = samples
    assert kills > 0
    assert sorted(seen) == list(range(200))


def interrupted(bench: Bench, allocator: str) -> Held:
    held = Held(bench, allocator, 2)
    held.runner.send_signal(signal.SIGINT)
    held.runner.communicate(timeout=SECONDS_MAX)
    held.release()
    return held


@pytest.mark.parametrize(("words", "said"), [
    (["--repeats", "7"], "plan.repeats was 6 and is 7"),
    (["--mode", "default"], "plan.mode was quick and is default"),
    (["--allocators", "glibc"], "plan.allocators was"),
    (["--workloads", "pairs"], "plan.workloads was ws8192 and is pairs"),
    (["--seed", "1"], "leave --seed out"),
])
def test_another_command_is_not_a_resume(bench: Bench, preload: Callable[[str], str],
                                         words: list[str], said: str) -> None:
    held = interrupted(bench, preload("hold"))
    count = len(bench.samples())
    done = bench.call("run", "--resume", *words, environment=held.environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert "without --resume" in done.stderr
    assert len(bench.samples()) == count


def test_other_settings_of_the_allocator_are_refused(bench: Bench,
                                                     preload: Callable[[str], str]) -> None:
    held = interrupted(bench, preload("hold"))
    done = bench.call("run", "--resume", environment={**held.environment, "HAKMEM_TRACE": "1"})
    assert done.returncode == 2
    assert "env.HAKMEM_TRACE was not set and is 1" in done.stderr


def test_other_arguments_of_a_row_are_refused(bench: Bench, preload: Callable[[str], str]) -> None:
    held = interrupted(bench, preload("hold"))
    bench.rows.write_text(bench.rows.read_text().replace("--ops 2000", "--ops 3000"))
    done = bench.call("run", "--resume", environment=held.environment)
    assert done.returncode == 2
    assert "ws8192 is not as it was when session 1 began" in done.stderr


def test_another_build_is_refused(bench: Bench, tmp_path: pathlib.Path) -> None:
    source, target = FOLDER / "preload" / "hold.c", tmp_path / "own.so"
    allocator = compile_preload(source, target)
    held = interrupted(bench, allocator)
    old = shutil.copy(target, tmp_path / "old.so")
    compile_preload(source, target, "-DOTHER=1", "-O2")
    done = bench.call("run", "--resume", environment=held.environment)
    assert done.returncode == 2
    assert f"build_id.{allocator} was" in done.stderr
    shutil.copy(old, target)
    done = bench.call("run", "--resume", environment=held.environment)
    assert done.returncode == 0, done.stderr


def test_a_new_run_tells_of_the_unfinished_one(bench: Bench, preload: Callable[[str], str]) -> None:
    interrupted(bench, preload("hold"))
    done = bench.quick("glibc", repeats=1)
    assert done.returncode == 0
    assert "session 1 was not finished" in done.stderr


def test_one_measurement_at_a_time(bench: Bench, preload: Callable[[str], str]) -> None:
    held = Held(bench, preload("hold"), 0)
    done = bench.quick("glibc", repeats=1)
    assert done.returncode == 2
    assert f"process {held.runner.pid} is measuring on this machine" in done.stderr
    assert "--wait" in done.stderr
    waiting = bench.start("run", "--mode", "quick", "--allocators", "glibc", "--workloads",
                          "ws8192", "--repeats", 1, "--wait")
    assert waiting.stderr is not None
    assert f"waiting for process {held.runner.pid}" in waiting.stderr.readline()
    held.runner.send_signal(signal.SIGINT)
    held.runner.communicate(timeout=SECONDS_MAX)
    assert held.runner.returncode == 130
    _, stderr = waiting.communicate(timeout=SECONDS_MAX)
    assert waiting.returncode == 0, stderr


def test_measuring_never_locks_the_repository(bench: Bench) -> None:
    """git status would refresh the index under a lock, which a kill leaves behind for everybody."""
    real = shutil.which("git")
    asked = bench.folder / "asked"
    fake = bench.write("git", f'#!/bin/sh\necho "$*" >>{asked}\nexec {real} "$@"\n')
    fake.chmod(0o755)
    path = f"{bench.folder}:{bench.environment['PATH']}"
    done = bench.quick("glibc", repeats=1, environment={"PATH": path})
    assert done.returncode == 0, done.stderr
    calls = asked.read_text().splitlines()
    assert any("status" in call for call in calls)
    assert all(call.startswith("--no-optional-locks ") for call in calls)
