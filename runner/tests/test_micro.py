"""hakbench micro: what Google Benchmark printed is what is stored and shown."""
from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from runner.tests.bench import ROOT, SECONDS_MAX, Bench, read_json

pytestmark = pytest.mark.xdist_group("measure")

MICRO = ROOT / "build" / "micro"
FAMILIES = ("pair", "calloc", "aligned", "realloc_step", "realloc_double", "batch_fifo",
            "batch_lifo", "batch_random", "handover")
MICRO_ROWS = ("SELECT m.* FROM micro m JOIN sample s ON s.id = m.sample_id"
              " ORDER BY s.position, m.place")


def run_micro(*words: str, preload: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([MICRO, *words], capture_output=True, text=True, timeout=SECONDS_MAX,
                          check=False, env={**os.environ, "LD_PRELOAD": preload})


def quick(bench: Bench, allocators: str, regex: str, *words: object,
          repeats: int = 1) -> subprocess.CompletedProcess[str]:
    return bench.call("micro", "--allocators", allocators, "--filter", regex, "--min-time", 0.001,
                      "--repeats", repeats, *words)


def benchmarks(text: str) -> list[dict[str, Any]]:
    return json.loads(text)["benchmarks"]


@pytest.mark.parametrize("library", ["", str(ROOT / "build" / "libhakmem.so")])
def test_every_benchmark_runs(library: str) -> None:
    done = run_micro("--benchmark_format=json", "--benchmark_min_time=0.0001", preload=library)
    assert done.returncode == 0, done.stderr
    runs = benchmarks(done.stdout)
    names = [run["name"] for run in runs]
    assert len(set(names)) == len(names)
    assert tuple(dict.fromkeys(name.split("/")[0] for name in names)) == FAMILIES
    assert {run["threads"] for run in runs if run["name"].startswith("handover")} == {2, 4}
    alone = {name for name in names if "threads" not in name}
    assert alone == {name.removesuffix("/threads:2") for name in names if "handover" not in name}
    # A process that has seen a second thread is not single-threaded again.
    threads = [run["threads"] for run in runs]
    assert threads == sorted(threads)
    for run in runs:
        assert run["iterations"] > 0 and run["real_time"] > 0 and run["time_unit"] == "ns"
        assert run["faults_per_op"] >= 0 and run["items_per_second"] > 0 and run["label"]


def test_what_is_stored_is_what_was_printed(bench: Bench) -> None:
    done = quick(bench, "glibc,jemalloc", "^(pair/64|calloc/64|handover/64)(/|$)", "--json",
                 repeats=3)
    assert done.returncode == 0, done.stderr
    rows = bench.rows_of(MICRO_ROWS)
    samples = bench.samples()
    assert [s["status"] for s in samples] == ["ok"] * 6
    printed = [run for sample in samples for run in benchmarks(sample["output"])]
    assert len(printed) == len(rows) == 6 * 6
    for run, row in zip(printed, rows):
        assert (row["name"], row["threads"], row["iterations"], row["label"]) == (
            run["name"], run["threads"], run["iterations"], run["label"])
        assert (row["real_ns"], row["cpu_ns"]) == (run["real_time"], run["cpu_time"])
        assert row["ns_per_op"] == pytest.approx(run["real_time"] * run["threads"])
        assert json.loads(row["json"]) == run
    for sample in samples:
        own = [row["iterations"] for row in rows if row["cell_id"] == sample["cell_id"]
               and row["sample_id"] == sample["id"]]
        assert sum(own) == sample["ops"]
    shown = read_json(done)["benchmarks"]
    assert len(shown) == 6 * 2
    for entry in shown:
        times = [row["ns_per_op"] for row in rows
                 if (row["name"], row["allocator"]) == (entry["name"], entry["allocator"])]
        assert len(times) == entry["samples"] == 3
        assert entry["ns_per_op"]["median"] == pytest.approx(statistics.median(times))
    (session,) = bench.rows_of("SELECT * FROM session")
    assert (session["kind"], session["mode"]) == ("exec", "micro")


def test_each_process_proves_its_malloc(bench: Bench) -> None:
    done = quick(bench, "glibc,jemalloc,hakmem", "^pair/64$")
    assert done.returncode == 0, done.stdout
    found = {s["allocator"]: s for s in bench.samples()}
    assert "libc.so.6" in found["glibc"]["malloc_object"]
    assert "jemalloc" in found["jemalloc"]["malloc_object"]
    assert "libhakmem.so" in found["hakmem"]["free_object"]
    assert found["hakmem"]["variant"].startswith("layout=")
    assert found["jemalloc"]["variant"] is None


def test_a_preload_without_malloc_is_void(bench: Bench, preload: Callable[[str], str]) -> None:
    done = quick(bench, preload("inert"), "^pair/64$")
    assert done.returncode == 3
    assert "the preload did not take effect" in bench.samples()[0]["reason"]
    assert "0 of 1 ok; void: malloc is served by" in done.stdout
    assert not bench.rows_of("SELECT * FROM micro")


def test_the_table_marks_the_best(bench: Bench, preload: Callable[[str], str]) -> None:
    slow = preload("slow")
    done = quick(bench, f"{slow},glibc", "^pair/(64|512)$")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    values = [re.fullmatch(r"pair/\d+ +(\d+(?:\.\d+)?)  +(\d+\.\d+)\*", line) for line in lines]
    found = [match for match in values if match]
    assert len(found) == 2, done.stdout
    # Also: the calls really reach the allocator, which takes its time.
    assert all(float(match.group(1)) > 5 * float(match.group(2)) for match in found)
    assert any(line.startswith("geometric mean") for line in lines)
    assert re.search(r"^2 samples: 2 ok$", done.stdout, re.M)


def test_many_allocators_stand_below_each_other(bench: Bench) -> None:
    names = ["glibc", "jemalloc", "mimalloc", "tcmalloc", "tbbmalloc", "hakmem",
             "hakmem:prewarm=0", "hakmem:front=cache", "hakmem:layout=headered"]
    done = quick(bench, ",".join(names), "^pair/64$")
    assert done.returncode == 0, done.stderr
    tables = done.stdout.partition("Medians")[0]
    assert max(map(len, tables.splitlines())) <= 100
    assert len(re.findall(r"^pair/64 ", tables, re.M)) > 1
    assert " ".join(re.findall("operation (.*)", tables)).split() == names
    assert done.stdout.count("*") == 2  # the best of all, and the legend


def test_a_crash_is_a_row_that_names_the_benchmark(bench: Bench,
                                                   preload: Callable[[str], str]) -> None:
    crash = preload("crash_aligned")
    done = quick(bench, f"glibc,{crash}", "^(pair/64|aligned/64/1024)$", repeats=2)
    assert done.returncode == 4
    rows = [s for s in bench.samples() if s["allocator"] == crash]
    assert [(s["status"], s["signal"], s["ops"]) for s in rows] == [("crash", 11, None)] * 2
    assert {s["reason"] for s in rows} == {"SIGSEGV: aligned/64/1024"}
    assert f"{crash}: 0 of 2 ok; crash: SIGSEGV: aligned/64/1024" in done.stdout
    assert {row["allocator"] for row in bench.rows_of("SELECT allocator FROM micro")} == {"glibc"}


@pytest.mark.parametrize(("words", "said"), [
    (["--filter", "nothing"], "--filter nothing: Failed to match any benchmarks"),
    (["--filter", "(("], "--filter ((: Could not compile"),
    (["--min-time", "0"], "--min-time 0: give seconds"),
    (["--min-time", "fast"], "--min-time fast: give seconds"),
    (["--min-time", "nan"], "--min-time nan: give seconds"),
    (["--", "true"], "takes no arguments"),
    (["--show-output"], "unknown option --show-output"),
    (["--allocators", "nope"], "unknown allocator 'nope'"),
])
def test_bad_input_is_one_clear_line(bench: Bench, words: list[str], said: str) -> None:
    done = bench.call("micro", *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert not bench.database.exists()


def test_help_tells_the_options_and_the_names(bench: Bench) -> None:
    done = bench.call("micro", "--help")
    assert done.returncode == 0
    for word in ("--allocators", "--filter", "--min-time", "--repeats", "--results", "--json"):
        assert f"  {word} " in done.stdout or f"  {word}\n" in done.stdout
    done = run_micro("--help")
    assert done.returncode == 0
    for family in ("pair/", "calloc/", "batch_fifo", "handover/", "--benchmark_filter="):
        assert family in done.stdout
    done = run_micro("--nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--nonsense" in done.stderr
