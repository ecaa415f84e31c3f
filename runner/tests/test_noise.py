"""The noise line: what a session says about its own reliability, printed and stored."""
from __future__ import annotations

import math
import re
import statistics

import pytest

from runner.tests.bench import Bench, read_json


def shamos(times: list[float]) -> float:
    logs = [math.log(t) for t in times]
    return statistics.median(abs(a - b) for i, a in enumerate(logs)
                             for b in logs[:i]) / 0.95387


def test_a_run_stores_and_shows_its_spread(bench: Bench) -> None:
    done = bench.quick("glibc,jemalloc", "--json", workloads="ws8192,pairs", repeats=4)
    assert done.returncode == 0, done.stderr
    rows = {(row["workload"], row["allocator"]): row
            for row in bench.rows_of("SELECT * FROM noise")}
    assert len(rows) == 1 + 2 + 4
    for allocator in ("glibc", "jemalloc"):
        times = [s["elapsed_ns"] / s["ops"] for s in bench.samples()
                 if (s["allocator"], s["workload"]) == (allocator, "pairs")]
        row = rows["pairs", allocator]
        assert (row["samples"], row["pairs"]) == (4, 6)
        assert row["spread"] == pytest.approx(shamos(times), rel=1e-6)
    assert (rows["", ""]["samples"], rows["", ""]["pairs"]) == (16, 24)
    told = read_json(done)["noise"]
    assert told["spread"] == pytest.approx(rows["", ""]["spread"])
    assert {entry["workload"] for entry in told["workloads"]} == {"ws8192", "pairs"}
    facts = bench.facts()
    assert told["steal_percent"] == float(facts["steal.percent"])
    assert told["foreign_percent"] == float(facts["foreign.percent"]) <= 100


def test_the_line_ends_tables(bench: Bench) -> None:
    line = (r"^noise: a sample spreads by \d+\.\d %(, most on \S+: \d+\.\d %)?\n"
            r"       of two of a kind 95 % are within \d+\.\d %\n"
            r"       steal \d+\.\d %, other processes \d+\.\d %, load \d+\.\d+ to \d+\.\d+$")
    done = bench.quick("glibc", repeats=3)
    assert re.search(line, done.stdout, re.M), done.stdout
    done = bench.call("compare", "glibc", "glibc", "--workload", "ws8192", "--blocks", 6)
    assert re.search(line, done.stdout, re.M), done.stdout
    assert done.stdout.splitlines()[-1].startswith("ratio ")
    done = bench.call("exec", "--repeats", 2, "--allocators", "glibc", "--", "true")
    assert re.search(line, done.stdout, re.M), done.stdout


def test_single_samples_tell_no_spread(bench: Bench) -> None:
    done = bench.quick("glibc", repeats=1)
    assert "noise: not known from single samples\n" in done.stdout
    assert bench.rows_of("SELECT * FROM noise") == []
