"""Micro-benchmarks of malloc: time per operation by benchmark and allocator.

A process runs all benchmarks once, and processes of one block ran one after another, so ratios are
paired by block like those of workloads. Pure.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from statistics import geometric_mean, mean, median
from typing import Any

from reports.load.names import Names
from reports.load.records import Results, Sample
from reports.statistics.estimates import Estimate, median_estimate, ratio_estimate
from reports.statistics.kinds import DEFAULT, PEER, kind_of

WORKLOAD = "micro"


@dataclass(frozen=True)
class Entry:
    """time is what an operation takes its thread, in ns; faults are those of an operation; ratio
    is the best peer's time over this one's: > 1 is faster."""

    allocator: str
    label: str
    kind: str
    time: Estimate | None
    faults: float | None
    ratio: Estimate | None
    best: bool  # of the peers


@dataclass(frozen=True)
class Benchmark:
    """Entries stand in the order of the session's allocators, the same in all benchmarks."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def default(self) -> Entry | None:
        return next((entry for entry in self.entries if entry.kind == DEFAULT), None)

    @property
    def fastest(self) -> Entry | None:
        return min((entry for entry in self.entries if entry.time), default=None,
                   key=lambda entry: entry.time.value if entry.time else math.inf)


@dataclass(frozen=True)
class Family:
    """Benchmarks of one kind with as many threads; `mean` has the geometric means over them."""

    mean: Benchmark
    benchmarks: tuple[Benchmark, ...]


@dataclass(frozen=True)
class _Runs:
    """Times and faults of an operation, by block."""

    times: dict[int, float] = field(default_factory=dict)
    faults: dict[int, float] = field(default_factory=dict)


def find_micro(results: Results, names: Names) -> tuple[Family, ...]:
    """In the order in which they ran."""
    found: dict[str, dict[str, dict[str, _Runs]]] = {}  # family -> benchmark -> allocator
    cells = [cell for cell in results.cells if cell.workload == WORKLOAD]
    for cell in cells:
        for sample in cell.samples:
            for benchmark in _benchmarks(sample):
                name, threads = benchmark["name"], int(benchmark.get("threads", 1))
                runs = found.setdefault(_family(name, threads), {}).setdefault(
                    name, {}).setdefault(cell.allocator, _Runs())
                runs.times[sample.block] = benchmark["real_time"] * threads
                runs.faults[sample.block] = benchmark.get("faults_per_op", 0.0)
    allocators = list(dict.fromkeys(cell.allocator for cell in cells))
    return tuple(
        Family(_compare(family, {allocator: _mean(benchmarks, allocator)
                                 for allocator in allocators}, names),
               tuple(_compare(name, {allocator: runs.get(allocator, _Runs())
                                     for allocator in allocators}, names)
                     for name, runs in benchmarks.items()))
        for family, benchmarks in found.items())


def _benchmarks(sample: Sample) -> list[dict[str, Any]]:
    """None where the process did not end well, or its JSON is of another program."""
    if not sample.usable:
        return []
    try:
        return [benchmark for benchmark in json.loads(sample.output or "{}")["benchmarks"]
                if isinstance(benchmark["name"], str) and benchmark["real_time"] > 0]
    except (KeyError, TypeError, ValueError):
        return []


def _family(name: str, threads: int) -> str:
    return f"{name.split('/')[0]}, {threads} thread{'' if threads == 1 else 's'}"


def _mean(benchmarks: dict[str, dict[str, _Runs]], allocator: str) -> _Runs:
    """Of the blocks that have all of the family's benchmarks."""
    runs = [by_allocator.get(allocator, _Runs()) for by_allocator in benchmarks.values()]
    blocks = set.intersection(*(set(run.times) for run in runs))
    return _Runs({block: geometric_mean(run.times[block] for run in runs) for block in blocks},
                 {block: mean(run.faults[block] for run in runs) for block in blocks})


def _compare(name: str, found: dict[str, _Runs], names: Names) -> Benchmark:
    peers = [allocator for allocator, runs in found.items()
             if runs.times and kind_of(allocator, names) == PEER]
    best = min(peers, default=None, key=lambda peer: median(found[peer].times.values()))
    reference = found[best].times if best else {}
    return Benchmark(name, tuple(
        Entry(allocator, names.label(allocator), kind_of(allocator, names),
              median_estimate(list(runs.times.values())),
              median(runs.faults.values()) if runs.faults else None,
              ratio_estimate(reference, runs.times) if allocator != best else None,
              allocator == best)
        for allocator, runs in found.items()))
