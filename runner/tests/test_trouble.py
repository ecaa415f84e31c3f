"""Databases and disks that say no: one clear line, exit 2, nothing lost."""
from __future__ import annotations

import pathlib
import resource
import shlex
import sqlite3
import subprocess

import pytest

from runner.tests.bench import SECONDS_MAX, Bench


def quick(bench: Bench) -> subprocess.CompletedProcess[str]:
    return bench.quick("glibc", repeats=2)


def test_a_damaged_database_is_left_alone(bench: Bench) -> None:
    bench.results.mkdir()
    bench.database.write_text("Dear diary, today I measured nothing at all.\n" * 100)
    before = bench.database.read_bytes()
    done = quick(bench)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"{bench.database} is damaged or not a database: move it away" in done.stderr
    assert bench.database.read_bytes() == before


def test_damage_behind_the_first_page_is_found_before_measuring(bench: Bench) -> None:
    assert quick(bench).returncode == 0
    bench.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with bench.database.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\x5a" * 4096 * 3)
    done = quick(bench)
    assert done.returncode == 2
    assert "damaged" in done.stderr


def test_a_newer_database_is_left_alone(bench: Bench) -> None:
    assert quick(bench).returncode == 0
    bench.execute("PRAGMA user_version = 99")
    done = quick(bench)
    assert done.returncode == 2
    assert "newer hakbench (schema 99, this one knows 2)" in done.stderr
    assert len(bench.samples()) == 2


@pytest.mark.parametrize("below", ["a file", "/proc"])
def test_a_folder_that_cannot_be_made(bench: Bench, below: str) -> None:
    bench.results = (bench.write("plain", "") if below == "a file" else pathlib.Path(below)) / "x"
    done = quick(bench)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"cannot make the folder {bench.results}" in done.stderr
    assert "--results" in done.stderr


def in_own_mounts(bench: Bench, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a shell script that may mount; skips where the kernel does not let us."""
    probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "x", str(bench.folder)],
                           capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("this kernel lets us mount nothing")
    return subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True,
                          timeout=SECONDS_MAX, check=False, env=bench.environment)


def test_a_folder_that_is_read_only(bench: Bench) -> None:
    bench.results.mkdir()
    run = shlex.join(bench.command("run", "--mode", "quick", "--allocators", "glibc"))
    done = in_own_mounts(bench, f"mount -t tmpfs -o ro x {bench.results}; exec {run}")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"cannot write {bench.database}" in done.stderr


RUN = ["run", "--mode", "quick", "--allocators", "glibc,jemalloc", "--workloads", "ws8192",
       "--repeats", "300"]


def test_a_full_disk_keeps_what_was_measured(bench: Bench) -> None:
    bench.results.mkdir()
    run = shlex.join(bench.command(*RUN))
    resume = shlex.join(bench.command("run", "--resume"))
    done = in_own_mounts(bench, f"""
        mount -t tmpfs -o size=900k x {bench.results}
        {run} >/dev/null; echo "first $?"
        {resume} >/dev/null; echo "full $?"
        mount -o remount,size=50m {bench.results}
        {resume} --json >/dev/null; echo "roomy $?"
        cp {bench.database} {bench.folder}/kept.sqlite""")
    assert done.stdout.split("\n")[:3] == ["first 2", "full 2", "roomy 0"], done.stderr
    assert "no space left" in done.stderr
    assert f"hakbench run --resume --results {bench.results} goes on" in done.stderr
    bench.database = bench.folder / "kept.sqlite"
    samples = bench.samples()
    assert [s["position"] for s in samples] == list(range(600))


def test_a_file_size_limit_keeps_what_was_measured(bench: Bench) -> None:
    limit = 600 * 1024
    done = bench.call(*RUN, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                  (limit, limit)))
    assert done.returncode == 2
    assert "cannot write in" in done.stderr
    before = [tuple(s) for s in bench.samples()]
    assert 10 < len(before) < 600
    assert f"{len(before)} of 600 samples are stored" in done.stderr
    done = bench.call("run", "--resume")
    assert done.returncode == 0, done.stderr
    after = [tuple(s) for s in bench.samples()]
    assert after[:len(before)] == before
    assert len(after) == 600


def test_a_reader_does_not_stop_a_run(bench: Bench) -> None:
    """A report that reads while we write sees a consistent state and holds nobody up."""
    assert quick(bench).returncode == 0
    reader = sqlite3.connect(bench.database)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM sample").fetchone() == (2,)
    done = quick(bench)
    assert done.returncode == 0, done.stderr
    assert reader.execute("SELECT count(*) FROM sample").fetchone() == (2,)
    reader.close()
    assert len(bench.samples()) == 4
