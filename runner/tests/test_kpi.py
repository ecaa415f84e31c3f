"""What hakmem counts in a process, as hakbench shows and keeps it: for any program, and whatever
becomes of it."""
from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from runner.tests.bench import ROOT, Bench, read_json

HAKMEM = ROOT / "build" / "libhakmem.so"
PYTHON = "/usr/bin/python3"
# Blocks of all tiers; Python takes those above 512 bytes from malloc, here 500 slabs of them.
BUSY = "x = [bytes(700) for i in range(50000)]; y = [bytes(1 << n) for n in range(10, 28)]"


def kpis(bench: Bench, position: int = 0) -> dict[str, int]:
    rows = bench.rows_of("SELECT name, value FROM kpi JOIN sample ON sample.id = sample_id"
                         " WHERE position = ?", position)
    return {row["name"]: row["value"] for row in rows}


def execute(bench: Bench, *words: object, allocators: str = "hakmem", repeats: int = 1,
            options: tuple[str, ...] = (), **more: object) -> subprocess.CompletedProcess[str]:
    return bench.call("exec", "--allocators", allocators, "--repeats", repeats, *options, "--",
                      *words, **more)


def test_any_program_shows_what_hakmem_counted(bench: Bench) -> None:
    done = execute(bench, PYTHON, "-c", BUSY, allocators="hakmem,glibc", repeats=2)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("what the allocator counted\n")[1].splitlines()
    assert lines[0].split()[0] == "allocator"
    ours = next(line for line in lines if "hakmem" in line).split()
    refills, drains, slabs = map(int, ours[2:5])
    assert refills > 1000 and drains > 0 and slabs > 300
    peer = next(line for line in lines if line.startswith("  glibc")).split()
    assert peer == ["glibc", *"-" * (len(ours) - 2)]  # Not 0: nobody counted.
    for position in 0, 1:  # one of each, in some order, in each of two blocks
        rows = kpis(bench, position)
        if rows:
            assert rows["tiny.refills"] > 1000
            assert rows["huge.misses"] + rows["span.hits"] >= 4
            assert rows["ace.hits"] + rows["ace.misses"] > 0
            assert rows["superslab.bytes_mapped"] >= rows["pool.bytes_used"] > 0
            assert rows["held.bytes"] >= rows["pool.bytes_used"] + rows["pool.bytes_idle"]
            assert 0 < rows["fault.baseline"] < 5000
            assert rows["prewarm.slabs"] == 1


def test_json_has_every_number_and_null_for_peers(bench: Bench) -> None:
    done = execute(bench, PYTHON, "-c", "0", allocators="hakmem,glibc", options=("--json",))
    answer = {entry["allocator"]: entry["kpi"] for entry in read_json(done)["kpis"]}
    assert answer["glibc"] is None
    assert answer["hakmem"] == {name: value for position in (0, 1)
                                for name, value in kpis(bench, position).items()}


def test_a_killed_program_leaves_its_counts(bench: Bench) -> None:
    done = execute(bench, PYTHON, "-c", f"import os, signal; {BUSY}\n"
                   "os.kill(os.getpid(), signal.SIGKILL)")
    assert done.returncode == 4
    assert kpis(bench)["tiny.refills"] > 1000


def test_events_are_counted_by_layer(bench: Bench) -> None:
    script = ("import ctypes, os, signal; c = ctypes.CDLL(None)\n"
              "c.free.argtypes = [ctypes.c_void_p]\n"
              "c.free(0x1234560)\nos.kill(os.getpid(), signal.SIGKILL)")
    assert execute(bench, PYTHON, "-c", script).returncode == 4
    assert kpis(bench)["event.registry.FREE_UNKNOWN"] == 1


def test_children_count_for_themselves(bench: Bench) -> None:
    """The same work in a forked child, in a program that a child execs, and in the process itself,
    or in a program that it becomes."""
    fork = f"import os\nif os.fork() == 0:\n    {BUSY}\n    os._exit(0)\nos.wait()"
    other = f"import subprocess, sys; subprocess.run(['{PYTHON}', '-c', {BUSY!r}], close_fds=False)"
    become = f"import os; os.execv('{PYTHON}', ['{PYTHON}', '-c', {BUSY!r}])"
    refills = []
    for script in BUSY, become, fork, other:
        assert execute(bench, PYTHON, "-c", script).returncode == 0
        (row,) = bench.rows_of("SELECT value FROM kpi JOIN sample ON sample.id = sample_id WHERE"
                               " name = 'tiny.refills' ORDER BY sample.id DESC LIMIT 1")
        refills.append(row["value"])
    itself, became, forked, executed = refills
    assert became > itself / 2
    assert forked < itself / 2 and executed < itself / 2


def test_a_users_own_descriptor_is_not_passed_on(bench: Bench) -> None:
    script = "import os; assert os.environ['HAKMEM_KPI_FD'] == '99', os.environ['HAKMEM_KPI_FD']"
    done = execute(bench, PYTHON, "-c", script, environment={"HAKMEM_KPI_FD": "1"})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("value", "says"), [("1", ""), ("77", ""), ("x", "descriptor")])
def test_what_is_no_page_is_left_alone(tmp_path: pathlib.Path, value: str, says: str) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        file.write(b"mine" * 1024)  # as long as the page
        file.flush()
        done = subprocess.run(["/bin/echo", "-n"], stdout=file, stderr=subprocess.PIPE, text=True,
                              env={"LD_PRELOAD": str(HAKMEM), "HAKMEM_KPI_FD": value,
                                   "PATH": os.environ["PATH"]}, check=True)
    assert output.read_bytes() == b"mine" * 1024
    assert done.stderr.count("\n") == bool(says) and says in done.stderr
