"""The latency pass, and what a process leaves in the page that it shares with the runner."""
from __future__ import annotations

import json
import pathlib
import sqlite3
import subprocess
import time
from collections.abc import Callable

import pytest

from runner.tests.bench import ROOT, SECONDS_MAX, Bench, read_json

OPS = 300_000
ROWS = f"""\
ws8192    about    Random mixed sizes.
ws8192    quick    --ops {OPS}
churn     about    Threads that come and go.
churn     quick    --ops 100000 --threads 2 --steps 5000
paced     program  ws8192
paced     about    Picks that are due at fixed times.
paced     quick    --ops 40000 --rate 200000
unpaced   program  ws8192
unpaced   about    Picks one after the other.
unpaced   quick    --ops 40000
endless   program  ws8192
endless   about    Until it is killed.
endless   quick    --seconds 100000
"""


@pytest.fixture
def timed(bench: Bench) -> Bench:
    bench.rows.write_text(ROWS)
    return bench


def latencies(bench: Bench) -> list[sqlite3.Row]:
    return bench.rows_of("SELECT latency.*, cell.workload, sample.ops, sample.output FROM latency"
                         " JOIN sample ON sample.id = sample_id JOIN cell ON cell.id = cell_id"
                         " ORDER BY sample.position, operation")


def kpis(bench: Bench, sample_id: int) -> dict[str, int]:
    return {row["name"]: row["value"] for row in
            bench.rows_of("SELECT name, value FROM kpi WHERE sample_id = ?", sample_id)}


def test_every_call_is_counted_and_one_in_64_timed(timed: Bench) -> None:
    done = timed.quick("glibc,hakmem", "--pass", "latency", workloads="ws8192,churn", repeats=1)
    assert done.returncode == 0, done.stderr
    rows = latencies(timed)
    assert {(row["workload"], row["operation"]) for row in rows} == {
        ("ws8192", "malloc"), ("ws8192", "free"),
        ("churn", "malloc"), ("churn", "free"), ("churn", "realloc")}
    for row in rows:
        answer = json.loads(row["output"])
        allocs, frees = answer["allocs"], answer["frees"]
        buckets = json.loads(row["buckets"])
        if row["workload"] == "ws8192":  # an operation is a malloc or a free
            counted = sum(r["count"] for r in rows if r["sample_id"] == row["sample_id"])
            assert counted == OPS
            # Both stay within what the whole process did: clean() is not in the measured phase.
            assert row["count"] <= (allocs if row["operation"] == "malloc" else frees)
        elif row["operation"] == "realloc":  # an array's first place is from realloc(NULL), too
            assert row["count"] >= answer["result"]["reallocs"]
        assert 0.7 < 64 * row["timed"] / row["count"] < 1.4
        assert sum(count for _, count in buckets) == row["timed"]
        uppers = [upper for upper, _ in buckets]
        assert uppers == sorted(set(uppers)) and all(count > 0 for _, count in buckets)
        assert (row["p50_ns"] <= row["p90_ns"] <= row["p99_ns"] <= row["p999_ns"]
                <= row["max_ns"])
        # The largest bucket holds the exact maximum, and is at most 1 % wide.
        assert uppers[-1] * 0.99 - 0.01 <= row["max_ns"] <= uppers[-1] + 0.01
        assert 0 < row["overhead_ns"] < 10_000


def test_the_throughput_pass_times_nothing(timed: Bench) -> None:
    assert timed.quick("hakmem", "--pass", "throughput", repeats=1).returncode == 0
    assert not latencies(timed)
    assert not timed.rows_of("SELECT * FROM timeline")
    assert kpis(timed, 1)["work.ops"] == OPS
    for folder, is_timed in ("workloads", False), ("latency", True):
        symbols = subprocess.run(["nm", ROOT / "build" / folder / "ws8192"], capture_output=True,
                                 text=True, check=True).stdout
        assert ("latency_slow_malloc" in symbols) == is_timed


def test_both_passes_stand_side_by_side(timed: Bench) -> None:
    done = timed.call("run", "--mode", "quick", "--workloads", "ws8192", "--allocators",
                      "hakmem,glibc", "--repeats", 2, "--pass", "both")
    assert done.returncode == 2 and "choose from throughput, latency" in done.stderr
    whole = [word for word in timed.command("run", "--mode", "quick", "--workloads", "ws8192",
                                            "--allocators", "hakmem,glibc", "--repeats", 2,
                                            "--json") if word not in ("--pass", "throughput")]
    done = subprocess.run(whole, capture_output=True, text=True, env=timed.environment,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stderr
    answer = read_json(done)
    # ops/s of the throughput pass only, two samples a cell; one of the latency pass in quick mode.
    assert [cell["samples"] for cell in answer["cells"]] == [2, 2]
    assert {(entry["allocator"], entry["operation"], entry["samples"])
            for entry in answer["latency"]} == {
        (name, operation, 1) for name in ("hakmem", "glibc") for operation in ("malloc", "free")}
    samples = timed.samples()
    programs = timed.rows_of("SELECT program, pass FROM sample JOIN cell ON cell.id = cell_id"
                             " ORDER BY position")
    assert len(samples) == 6
    for i, row in enumerate(programs):  # the latency pass comes after all of the other
        assert row["pass"] == ("throughput" if i < 4 else "latency")
        assert f"build/{'workloads' if i < 4 else 'latency'}/ws8192" in row["program"]


def test_time_line_of_memory_and_faults(timed: Bench) -> None:
    timed.rows.write_text("ws8192 about Mixed.\nws8192 quick --seconds 0.3\n")
    assert timed.quick("hakmem", "--pass", "latency", repeats=1).returncode == 0
    (sample,) = timed.samples()
    moments = timed.rows_of("SELECT at_ns, rss, minflt FROM timeline ORDER BY at_ns")
    assert len(moments) >= 5
    assert moments[-1]["at_ns"] <= sample["wall_ns"]
    assert all(a["minflt"] <= b["minflt"] for a, b in zip(moments, moments[1:]))
    assert 0 < moments[-1]["minflt"] <= sample["minflt_total"]
    assert max(m["rss"] for m in moments) <= sample["peak_rss"] * 1.1
    assert min(m["rss"] for m in moments) > 100_000


@pytest.mark.parametrize("which", ["throughput", "latency"])
def test_a_child_that_is_killed_leaves_what_it_did(timed: Bench, preload: Callable[[str], str],
                                                   which: str) -> None:
    timed.rows.write_text("ws8192 about Mixed.\nws8192 quick --ops 5000000\n")
    mortal = preload("mortal")
    done = timed.quick(mortal, "--pass", which, repeats=1, environment={"HAKMEM_MORTAL": "kill"})
    assert done.returncode == 4
    (sample,) = timed.samples()
    assert (sample["status"], sample["signal"]) == ("crash", 9)
    assert sample["reason"].startswith("SIGKILL")
    assert "it was in the measured phase" in sample["reason"]
    left = kpis(timed, sample["id"])
    assert left["work.phase"] == 1
    assert sample["minflt_start"] > 0 and sample["elapsed_ns"] > 0
    assert sample["output"] is None or "elapsed_ns" not in sample["output"]
    if which == "throughput":
        assert not latencies(timed)
        return
    rows = {row["operation"]: row for row in latencies(timed)}
    # It died in the 20 000th malloc; a thread keeps fewer than 127 calls of a kind to itself.
    assert 20_000 - 150 <= rows["malloc"]["count"] <= 20_000
    assert sum(count for _, count in json.loads(rows["free"]["buckets"])) == rows["free"]["timed"]
    assert rows["free"]["timed"] > 50


def test_a_child_that_is_timed_out_leaves_what_it_did(timed: Bench) -> None:
    done = timed.quick("glibc", "--pass", "throughput", "--timeout", 1, workloads="endless",
                       repeats=1)
    assert done.returncode == 3
    (sample,) = timed.samples()
    assert sample["status"] == "timeout" and "killed (--timeout)" in sample["reason"]
    assert sample["ops"] > 65536 and sample["ops"] % 65536 == 0
    assert f"{sample['ops']} operations were done" in sample["reason"]
    assert 0 < sample["elapsed_ns"] <= sample["wall_ns"]


def test_a_paced_workload_omits_no_wait(timed: Bench, preload: Callable[[str], str]) -> None:
    """One malloc takes 50 ms. At 200 000 operations a second 10 000 others are due meanwhile, a
    quarter of all, and each is late; of operations that follow each other only one is slow."""
    mortal = preload("mortal")
    done = timed.quick(mortal, "--pass", "latency", workloads="paced,unpaced", repeats=1,
                       environment={"HAKMEM_MORTAL": "stall"})
    assert done.returncode == 0, done.stderr
    late = {"paced": 0, "unpaced": 0}
    for row in latencies(timed):
        late[row["workload"]] += sum(count for upper, count in json.loads(row["buckets"])
                                     if upper > 5e6)
    assert late["paced"] > 40  # of 9000 / 64
    assert late["unpaced"] <= 1


def test_no_kpi_does_without_the_page(timed: Bench, preload: Callable[[str], str]) -> None:
    mortal = preload("mortal")
    done = timed.quick(mortal, "--pass", "throughput", "--no-kpi", repeats=1)
    assert done.returncode == 0, done.stderr
    assert not timed.rows_of("SELECT * FROM kpi")
    done = timed.call("compare", mortal, mortal, "--no-kpi", "--workload", "ws8192", "--blocks", 6)
    assert done.returncode == 0, done.stderr
    with_page = timed.rows_of("SELECT DISTINCT side FROM kpi JOIN sample ON sample.id = sample_id"
                              " JOIN cell ON cell.id = cell_id")
    assert [row["side"] for row in with_page] == ["A"]


def test_a_latency_program_that_is_missing_is_named(timed: Bench, tmp_path: pathlib.Path) -> None:
    timed.rows.write_text("none about Nothing.\nnone quick\n")
    done = timed.quick("glibc", "--pass", "latency", workloads="none", repeats=1)
    assert done.returncode == 2
    assert "build/latency/none is not built: run make" in done.stderr


def test_an_interrupted_latency_pass_goes_on(timed: Bench, preload: Callable[[str], str]) -> None:
    """Three samples of the first pass and three of the second; the fifth is held and killed with
    the runner."""
    timed.rows.write_text("ws8192 about Mixed.\nws8192 quick --ops 2000\n")
    hold = timed.write("hold", "2\n")
    environment = {"HAKMEM_HOLD": str(hold)}
    command = [word for word in timed.command(
        "run", "--mode", "quick", "--workloads", "ws8192", "--allocators",
        f"glibc,{preload('hold')}", "--repeats", 2) if word not in ("--pass", "throughput")]
    runner = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL, env={**timed.environment, **environment})
    note = timed.folder / "hold.pid"
    deadline = time.monotonic() + SECONDS_MAX
    while not note.exists():
        assert time.monotonic() < deadline and runner.poll() is None
    runner.kill()
    runner.wait()
    before = [tuple(sample) for sample in timed.samples()]
    assert len(before) in (4, 5)  # all of the first pass, at most one of the second
    hold.write_text("1000\n")
    done = timed.call("run", "--resume", environment=environment)
    assert done.returncode == 0, done.stderr
    after = [tuple(sample) for sample in timed.samples()]
    assert after[:len(before)] == before and len(after) == 6
    assert len(latencies(timed)) == 4
