"""hakbench programs: whole programs by hyperfine, proved, in rounds, nothing lost."""
from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import pathlib
import re
import signal
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from runner.tests.bench import SECONDS_MAX, Bench, read_json


def programs(bench: Bench, *words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return bench.call("programs", *words, **options)


def rows(bench: Bench) -> dict[tuple[str, str], Any]:
    return {(row["name"], row["allocator"]): row for row in bench.rows_of("SELECT * FROM program")}


def test_every_program_runs_under_the_allocator(bench: Bench) -> None:
    done = programs(bench, "--allocators", "hakmem,glibc", "--repeats", 1, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left out" not in done.stderr
    found = {(p["program"], p["allocator"]): p for p in read_json(done)["programs"]}
    names = {"true", "startup", "python3", "sqlite3", "gcc", "redis"}
    assert set(found) == set(rows(bench)) == {(n, a) for n in names for a in ("hakmem", "glibc")}
    for (name, _), entry in found.items():
        assert entry["ok"] == entry["samples"] == entry["rounds"] == 1
        assert entry["runs"] >= 2 and entry["failures"] == 0
        assert entry["soft_faults"] > 50 and entry["peak_rss_bytes"] > 1 << 20
        assert entry["wall_s"]["median"] > 0.0001
        row = rows(bench)[name, "hakmem"]
        assert row["mean_ns"] == pytest.approx(json.loads(row["hyperfine"])["mean"] * 1e9)
    for sample in bench.samples():
        owner = "libhakmem.so" if sample["allocator"] == "hakmem" else "libc.so.6"
        assert owner in sample["malloc_object"] and owner in sample["free_object"]
        assert (sample["minflt_phase"] is not None) == (sample["workload"] == "startup")
    assert "redis-benchmark" in rows(bench)["redis", "hakmem"]["command"]


def test_rounds_are_put_together(bench: Bench) -> None:
    done = programs(bench, "true", "--allocators", "glibc,jemalloc", "--repeats", 3)
    assert done.returncode == 0, done.stderr
    for (_, allocator), row in rows(bench).items():
        kept = sorted(bench.results.glob(f"*_session-1/hyperfine/true.{allocator}.*.json"))
        assert [path.name.split(".")[-2] for path in kept] == ["0", "1", "2"]
        results = [json.loads(path.read_text())["results"][0] for path in kept]
        times = [t for result in results for t in result["times"]]
        merged = json.loads(row["hyperfine"])
        assert merged["times"] == times and len(times) == row["runs"] == 60
        assert merged.keys() == results[0].keys()
        assert merged["exit_codes"] == [0] * 60
        assert merged["command"] == row["command"] == results[0]["command"]
        for value, key in ((statistics.mean(times), "mean"), (statistics.stdev(times), "stddev"),
                           (statistics.median(times), "median"), (min(times), "min"),
                           (max(times), "max"),
                           (statistics.mean(r["user"] for r in results), "user"),
                           (statistics.mean(r["system"] for r in results), "system")):
            assert merged[key] == pytest.approx(value, rel=1e-6), key
            assert row[f"{key}_ns"] == pytest.approx(value * 1e9, rel=1e-6), key
    assert len(bench.samples()) == 6
    median = statistics.median(
        statistics.median(json.loads(path.read_text())["results"][0]["times"])
        for path in bench.results.glob("*_session-1/hyperfine/true.glibc.*.json"))
    assert re.search(rf"^  glibc +{median * 1e3:.3f} ", done.stdout, re.M), done.stdout


def fix_addresses() -> bool:
    """Of the processes that this one starts, so that they have the same page faults each time."""
    current, fixed = 0xffffffff, 0x0040000
    libc = ctypes.CDLL(None)
    return libc.personality(ctypes.c_ulong(fixed)) != -1 and libc.personality(
        ctypes.c_ulong(current)) & fixed != 0


def test_prewarm_shows_its_price_and_its_gain(bench: Bench) -> None:
    done = programs(bench, "true", "startup", "--allocators", "hakmem,hakmem:prewarm=0",
                    "--repeats", 2, "--json", preexec_fn=fix_addresses)
    assert done.returncode == 0, done.stderr
    found = {entry["program"]: entry for entry in read_json(done)["prewarm"]}
    assert set(found) == {"true", "startup"}
    assert found["true"]["faults_start_with"] is None
    startup = found["startup"]
    moved = startup["faults_start_with"] - startup["faults_start_without"]
    with multiprocessing.get_context("fork").Pool(1) as pool:
        are_fixed = pool.apply(fix_addresses)
    assert moved > (0 if are_fixed else -8)  # else both ends of it are chance, by a few pages
    assert startup["faults_phase_without"] - startup["faults_phase_with"] == pytest.approx(
        moved, abs=8)
    assert "price_s" not in startup  # two rounds prove nothing
    default = programs(bench, "true", "sqlite3", "--repeats", 1, "--json")
    measured = {(p["program"], p["allocator"]) for p in read_json(default)["programs"]}
    assert ("true", "hakmem:prewarm=0") in measured and ("sqlite3", "mimalloc") in measured
    assert ("sqlite3", "hakmem:prewarm=0") not in measured


def test_what_is_not_ok_is_not_timed(bench: Bench, preload: Callable[[str], str]) -> None:
    crash, inert = preload("crash"), preload("inert")
    done = programs(bench, "true", "startup", "--allocators", f"glibc,{crash},{inert}",
                    "--repeats", 1)
    assert done.returncode == 4
    assert set(rows(bench)) == {("true", "glibc"), ("startup", "glibc")}
    assert "SIGSEGV" in done.stdout and "the preload did not take effect" in done.stdout
    exported = bench.call("export", "--format", "csv").stdout
    assert "startup/glibc" in exported and "SIGSEGV" in exported


def test_a_server_that_crashes_is_a_crash(bench: Bench, preload: Callable[[str], str]) -> None:
    done = programs(bench, "redis", "--allocators", preload("crash"), "--repeats", 1,
                    environment={"TMPDIR": str(bench.folder)})
    assert done.returncode == 4
    (sample,) = bench.samples()
    assert (sample["status"], sample["signal"]) == ("crash", 11)
    assert not rows(bench) and not list(bench.folder.glob("hakbench-*"))


def path_with(bench: Bench, **programs_by_name: str | None) -> dict[str, str]:
    """PATH with the usual programs, some of them gone or others."""
    folder = bench.folder / "bin"
    folder.mkdir()
    names = ("hyperfine", "true", "git", "env", "redis-server", "redis-cli", "redis-benchmark")
    for name in names:
        found = subprocess.run(["which", name], capture_output=True, text=True, check=True)
        if programs_by_name.get(name.replace("-", "_"), "") is not None:
            (folder / name).symlink_to(found.stdout.strip())
    return {"PATH": str(folder)}


def test_a_program_that_is_not_there_is_left_out(bench: Bench) -> None:
    path = path_with(bench, redis_server=None)
    done = programs(bench, "redis", "true", "--allocators", "glibc", "--repeats", 1,
                    environment=path)
    assert done.returncode == 0, done.stderr
    assert ("redis is left out: redis-server is not installed: apt-get install redis-server "
            "redis-tools\n") in done.stderr
    assert set(rows(bench)) == {("true", "glibc")}
    assert "apt-get install" in bench.facts()["missing.program.redis"]
    done = programs(bench, "redis", "--allocators", "glibc", environment=path)
    assert done.returncode == 2 and "no program is left to measure" in done.stderr


def test_without_hyperfine_nothing_is_begun(bench: Bench) -> None:
    done = programs(bench, "true", environment=path_with(bench, hyperfine=None))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "hyperfine is not installed: apt-get install hyperfine" in done.stderr
    assert not bench.database.exists()


def test_a_hyperfine_that_fails_is_inconclusive(bench: Bench) -> None:
    path = path_with(bench, hyperfine=None)
    broken = pathlib.Path(path["PATH"], "hyperfine")
    broken.write_text("#!/bin/sh\necho 'Error: no luck' >&2\nexit 1\n")
    broken.chmod(0o755)
    done = programs(bench, "true", "--allocators", "glibc", "--repeats", 2, environment=path)
    assert done.returncode == 3
    (row,) = rows(bench).values()
    assert (row["rounds"], row["failures"], row["runs"]) == (0, 2, 0)
    assert row["reason"] == "hyperfine: Error: no luck" and row["hyperfine"] is None
    assert len(bench.samples()) == 2
    assert "2 rounds failed: hyperfine: Error: no luck" in done.stdout


def test_ctrl_c_keeps_the_rounds(bench: Bench, preload: Callable[[str], str]) -> None:
    hold = bench.write("hold", "40\n")
    note = bench.folder / "hold.pid"
    runner = bench.start("programs", "true", "--allocators", f"glibc,{preload('hold')}",
                         "--repeats", 4, HAKMEM_HOLD=str(hold), TMPDIR=str(bench.folder))
    deadline = time.monotonic() + SECONDS_MAX
    while not note.exists():
        assert time.monotonic() < deadline and runner.poll() is None
    child = int(note.read_text())
    runner.send_signal(signal.SIGINT)
    _, stderr = runner.communicate(timeout=SECONDS_MAX)
    assert runner.returncode == 130 and "interrupted" in stderr
    assert not os.path.exists(f"/proc/{child}") or ") Z " in pathlib.Path(
        f"/proc/{child}/stat").read_text()
    assert bench.rows_of("SELECT ended_utc FROM session")[0]["ended_utc"] is None
    stored = rows(bench)
    assert sum(row["runs"] for row in stored.values()) >= 20
    assert all(len(json.loads(r["hyperfine"])["times"]) == r["runs"] for r in stored.values())
    assert not list(bench.folder.glob("hakbench-*"))


@pytest.mark.parametrize(("words", "said"), [
    (["nope"], "unknown program 'nope': choose from true, startup, python3"),
    (["--", "true"], "for another, hakbench exec"),
    (["--allocators", "nope"], "unknown allocator 'nope'"),
])
def test_bad_input_is_one_clear_line(bench: Bench, words: list[str], said: str) -> None:
    done = programs(bench, *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr
    assert not bench.database.exists()
