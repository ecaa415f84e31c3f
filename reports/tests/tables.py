"""Adds to a synthetic session what tables of their own hold: latency pass, noise, programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from reports.tests.factorial import add_misuse
from reports.tests.synthetic import FACTS, Database

WORKLOADS = {"ws8192": (14.0, 9_000_000), "cfrac": (9.0, 5_000_000),
             "sh8bench": (22.0, 40_000_000)}  # ns per operation, peak RSS in bytes
VARIANTS = ("hakmem", "hakmem:layout=headered", "hakmem:front=cache", "hakmem:layers=all",
            "hakmem:layout=headered,front=cache,layers=all")
PEERS = ("glibc", "mimalloc", "tcmalloc", "tbbmalloc")
# Median ns of malloc and free, and how many times slower one operation in a hundred thousand is.
SHAPES = {"hakmem": (9.0, 7.0, 900), "glibc": (21.0, 14.0, 2500), "mimalloc": (10.0, 8.0, 700),
          "tcmalloc": (9.5, 9.0, 4000), "tbbmalloc": (15.0, 12.0, 1500)}
WHOLE = {"true": ("/bin/true", 0.0011), "python3": ("python3 -c 'print(sum(range(10**6)))'", 0.071),
         "gcc": ("gcc -O2 -c file.c", 1.32)}
KPIS = {"work.ops": 20_000_000, "work.phase": 2, "fault.baseline": 96, "tiny.refills": 184_213,
        "tiny.drains": 12, "tiny.spills": 0, "pool.acquired": 412, "pool.bytes_held": 27_262_976,
        "ace.bytes_held": 1_048_576, "map.calls_ns": 18_400, "remote.frees": 1_284_771}
TICK_NS = 10_000_000


def make_full(folder: Path, blocks: int = 6) -> None:
    """A session that holds everything."""
    database = Database(folder, blocks=blocks)
    database.add_facts(FACTS | {"foreign.percent": "1.3"})
    database.add_cell("jemalloc", "ws8192", "libjemalloc.so.2 is not installed")
    for workload, (ns, memory) in WORKLOADS.items():
        for number, allocator in enumerate((*VARIANTS, *PEERS)):
            cell = database.add_cell(allocator, workload)
            for block in range(blocks):
                slower = (1 + 0.06 * number) * database.random.lognormvariate(0, 0.01)
                database.add_sample(
                    cell, block, ops=10_000_000, elapsed_ns=round(ns * 1e7 * slower),
                    peak_rss=round(memory * (1 + 0.03 * number)),
                    minflt_phase=1500 + 37 * number, minflt_total=1640 + 40 * number)
    add_latency_pass(database, WORKLOADS, blocks=blocks)
    add_noise(database, list(WORKLOADS), ("hakmem", *PEERS))
    add_programs(database)
    add_misuse(database, ("hakmem", "hakmem:layers=all"), ("10a", "hakmem:layers=all"))
    database.close()


def histogram(median_ns: float, tail: float, timed: int, shift: float = 0.0) -> list[list[float]]:
    """Buckets 1 % wide: half of the operations at the median, ever fewer up to `tail` times it."""
    buckets: dict[float, int] = {}
    left = timed
    for step in range(400):
        slower = 10 ** (-step * 5 / 400)  # share of operations beyond this bucket
        target = round(timed * slower / 2)
        exact = median_ns * math.exp(shift) * tail ** ((step / 400) ** 2)
        end = round(1.01 ** math.ceil(math.log(max(exact, 1.0)) / math.log(1.01)), 3)
        if left > target:
            buckets[end] = buckets.get(end, 0) + left - target
            left = target
    if left:
        end = round(median_ns * tail * 1.02, 3)
        buckets[end] = buckets.get(end, 0) + left
    return [[end, count] for end, count in sorted(buckets.items())]


def quantile(buckets: Sequence[Sequence[float]], share: float) -> float:
    total, below = sum(count for _, count in buckets), 0.0
    for end, count in buckets:
        below += count
        if below >= share * total - 1e-6:
            return end
    return buckets[-1][0]


def add_latency(database: Database, sample: int, operation: str, buckets: list[list[float]],
                sampled: int = 64) -> None:
    timed = int(sum(count for _, count in buckets))
    database.insert(
        "latency", sample_id=sample, operation=operation, count=timed * sampled, timed=timed,
        overhead_ns=11.5, p50_ns=quantile(buckets, 0.5), p90_ns=quantile(buckets, 0.9),
        p99_ns=quantile(buckets, 0.99), p999_ns=quantile(buckets, 0.999),
        max_ns=buckets[-1][0] * 1.004, buckets=json.dumps(buckets))


def add_latency_pass(database: Database, workloads: Iterable[str],
                     allocators: Iterable[str] = ("hakmem", *PEERS), blocks: int = 6,
                     timed: int = 400_000) -> None:
    """hakmem is killed half-way in the last block of the first workload."""
    for number, workload in enumerate(workloads):
        for allocator in allocators:
            cell = database.add_cell(allocator, workload, measures="latency")
            malloc, free, tail = SHAPES.get(allocator, (12.0, 10.0, 1200))
            for block in range(blocks):
                killed = (number, allocator, block) == (0, "hakmem", blocks - 1)
                values: dict[str, Any] = {"wall_ns": 800_000_000}
                if killed:
                    values |= {"status": "crash", "signal": 9, "exit_code": None, "ops": None,
                               "elapsed_ns": None, "reason": "killed by signal 9 (SIGKILL)"}
                sample = database.add_sample(cell, block, **values)
                shift = database.random.gauss(0, 0.03) + 0.1 * number
                for operation, median in (("malloc", malloc), ("free", free)):
                    add_latency(database, sample, operation, histogram(median, tail, timed, shift))
                _add_timeline(database, sample, 42 if killed else 80, tail * 2e4)
                if allocator.startswith("hakmem"):
                    for name, value in KPIS.items():
                        database.insert("kpi", sample_id=sample, name=name,
                                        value=value // 2 if killed else value + block)


def _add_timeline(database: Database, sample: int, ticks: int, top: float) -> None:
    for tick in range(ticks):
        rise = min(1.0, tick / 12) * (1 - 0.5 * max(0.0, tick - 60) / 20)
        database.insert("timeline", sample_id=sample, at_ns=tick * TICK_NS + 120_000,
                        rss=round(2_000_000 + top * rise), minflt=round(90 + tick * top / 40_000))


def add_noise(database: Database, workloads: Sequence[str], allocators: Sequence[str]) -> None:
    for workload in ("", *workloads):
        for allocator in ("", *(allocators if workload else ())):
            spread = 0.008 + 0.004 * len(workload) % 0.03 + 0.001 * len(allocator)
            database.insert("noise", session_id=database.session, workload=workload,
                            allocator=allocator, samples=60, pairs=270, spread=spread,
                            p95=2.9 * spread)


def add_programs(database: Database, rounds: int = 6, runs: int = 3,
                 allocators: Iterable[str] = ("hakmem", *PEERS)) -> None:
    """tbbmalloc fails on the last one."""
    for name, (command, seconds) in WHOLE.items():
        for number, allocator in enumerate(allocators):
            common: dict[str, Any] = {"session_id": database.session, "allocator": allocator,
                                      "name": name, "command": command}
            if allocator == "tbbmalloc" and name == list(WHOLE)[-1]:
                database.insert("program", **common, rounds=0, failures=rounds, runs=0,
                                reason="exit code 1: cannot allocate memory")
                continue
            times = [seconds * (1 + 0.02 * number) * database.random.lognormvariate(0, 0.01)
                     for _ in range(rounds * runs)]
            ordered = sorted(times)
            database.insert(
                "program", **common, rounds=rounds, failures=0, runs=len(times),
                mean_ns=1e9 * sum(times) / len(times), stddev_ns=1e7 * seconds,
                median_ns=1e9 * ordered[len(times) // 2], min_ns=1e9 * ordered[0],
                max_ns=1e9 * ordered[-1], user_ns=8e8 * seconds, system_ns=1e8 * seconds,
                hyperfine=json.dumps({"command": command, "times": times}))
