"""Small results databases made from runner/store/schema.sql, with every kind of outcome."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

from reports.load.database import DATABASE_NAME
from reports.load.names import ROOT, Names, read_names

SCHEMA = ROOT / "runner" / "store" / "schema.sql"
WORKLOADS = {  # name -> (operations, operations per second, soft faults, peak RSS)
    "ws8192": (20_000_000, 71.3e6, 1620, 9_100_000),
    "cfrac": (184_000_000, 96.5e6, 410, 5_200_000),
    "sh8bench": (61_000_000, 31.8e6, 48_300, 142_000_000),
}
FACTORS = {"hakmem": 1.05, "glibc": 0.41, "jemalloc": 0.72, "mimalloc": 0.93, "tcmalloc": 0.99,
           "tbbmalloc": 0.61}
FACTS = {
    "cpu.model": "AMD EPYC 7B13 64-Core Processor", "cpu.cores": "2", "cpu.governor": "powersave",
    "kernel.release": "6.1.0-27-amd64", "thp.enabled": "madvise", "aslr": "2", "overcommit": "0",
    "glibc.version": "2.36", "memory.total_bytes": "8232284160", "pin.one": "1",
    "virtualisation": "KVM, container", "load.start": "0.18", "steal.percent": "2.40",
    "plan.mode": "default", "plan.repeats": "10", "env.MALLOC_ARENA_MAX": "2",
    "compiler.flags": "-std=gnu11 -O2 -g -fPIC -fvisibility=hidden -ftls-model=initial-exec",
    "build_id.hakmem": "5f0c2b9e4a7d1836c05e2f9ab1d47c830e6f1a92",
    "build_id.workload.ws8192": "c0de2b9e4a7d1836c05e2f9ab1d47c830e6f1a92",
}


def allocators(names: Names) -> list[str]:
    """The default matrix as the runner names it, then the peers."""
    axes = [axis for axis in names.axes if axis.name != "layers"]
    variants = []
    for values in product(*(axis.values for axis in axes)):
        changed = [f"{axis.name}={value}" for axis, value in zip(axes, values, strict=True)
                   if value != axis.values[0]]
        variants.append("hakmem:" + ",".join(changed) if changed else "hakmem")
    return variants + [peer.name for peer in names.peers]


class Database:
    """A session being written; outcomes of single samples can be overridden."""

    def __init__(self, folder: Path, kind: str = "run", blocks: int = 10, seed: int = 42,
                 mode: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / DATABASE_NAME
        fresh = not self.path.exists()
        self.connection = sqlite3.connect(self.path)
        if fresh:
            self.connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        self.blocks = blocks
        self.random = random.Random(seed)
        self.session = self.insert(
            "session", kind=kind, mode=mode or ("default" if kind == "run" else None),
            started_utc="2025-11-22T19:33:12.068Z", ended_utc="2025-11-22T19:46:55Z", seed=seed,
            command="build/hakbench run --mode default --results reports/out",
            commit_id="2a1eca1f00d0c0ffee5ca1ab1e0ddba11deadbee", dirty=0)
        self.position = 0

    def insert(self, table: str, **values: Any) -> int:
        marks = ", ".join("?" * len(values))
        cursor = self.connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
        return int(cursor.lastrowid or 0)

    def add_facts(self, facts: dict[str, str]) -> None:
        for key, value in facts.items():
            self.insert("fact", session_id=self.session, key=key, value=value)

    def add_cell(self, allocator: str, workload: str, missing: str | None = None,
                 arguments: tuple[str, ...] = ("--seed", "1"), side: str = "",
                 measures: str = "throughput") -> int:
        return self.insert(
            "cell", session_id=self.session, allocator=allocator, workload=workload,
            program=f"build/workloads/{workload}", arguments=json.dumps(arguments), side=side,
            state="missing" if missing else "measured", reason=missing, **{"pass": measures})

    def add_sample(self, cell: int, block: int, **overrides: Any) -> int:
        values: dict[str, Any] = {
            "status": "ok", "exit_code": 0, "ops": 1_000_000, "elapsed_ns": 10_000_000,
            "wall_ns": 12_000_000, "user_ns": 11_000_000, "system_ns": 500_000,
            "minflt_start": 96, "minflt_phase": 1500, "minflt_total": 1596, "majflt_total": 0,
            "nvcsw": 3, "nivcsw": 1, "peak_rss": 9_000_000, "rss_end": 3_000_000,
            "corruptions": 0, "audit_errors": 0, "output": '{"schema":1,"threads":1}'}
        values.update(overrides)
        self.insert("plan", session_id=self.session, position=self.position, block=block,
                    cell_id=cell)
        self.position += 1
        return self.insert("sample", session_id=self.session, position=self.position - 1,
                           cell_id=cell, started_utc="2025-11-22T19:33:13Z", **values)

    def add_samples(self, cell: int, speeds: Iterable[float], **overrides: Any) -> None:
        """A sample a block with these operations per second."""
        for block, speed in enumerate(speeds):
            self.add_sample(cell, block, ops=1_000_000, elapsed_ns=round(1e15 / speed),
                            **overrides)

    def close(self) -> None:
        self.connection.commit()
        self.connection.close()


CRASH = {"status": "crash", "signal": 11, "exit_code": None, "ops": None, "elapsed_ns": None,
         "minflt_start": None, "minflt_phase": None, "rss_end": None, "output": ""}


def make_matrix(folder: Path, blocks: int = 10, seed: int = 42,
                workloads: Iterable[str] = tuple(WORKLOADS)) -> Database:
    """Every allocator on three workloads; jemalloc is missing, tcmalloc crashes always on one
    workload, a variant crashes now and then, one sample is void, one corrupt, one times out."""
    database = Database(folder, blocks=blocks, seed=seed)
    database.add_facts(FACTS)
    for workload in workloads:
        for allocator in allocators(read_names()):
            if allocator == "jemalloc":
                database.add_cell(allocator, workload, "libjemalloc.so.2 is not installed")
                continue
            cell = database.add_cell(allocator, workload)
            for block in range(blocks):
                _add_matrix_sample(database, cell, allocator, workload, WORKLOADS[workload], block)
    database.close()
    return database


def _add_matrix_sample(database: Database, cell: int, allocator: str, workload: str,
                       shape: tuple[int, float, int, int], block: int) -> None:
    ops, speed, faults, rss = shape
    factor = FACTORS.get(allocator) or 1.05 - 0.021 * (len(allocator) % 11)
    factor *= 0.8 if allocator == "hakmem" and workload == "sh8bench" else 1
    speed *= factor * database.random.lognormvariate(0, 0.012)
    memory = rss * (1.3 - 0.35 * factor) * database.random.lognormvariate(0, 0.004)
    values: dict[str, Any] = {
        "ops": ops, "elapsed_ns": round(ops / speed * 1e9), "peak_rss": round(memory),
        "rss_end": round(memory * 0.4), "minflt_phase": round(faults * (1.5 - 0.5 * factor)),
        "wall_ns": round(ops / speed * 1.02e9),
        "output": json.dumps({"schema": 1, "threads": 2 if workload == "sh8bench" else 1})}
    spot = (allocator, workload, block)
    if spot[:2] == ("tcmalloc", "sh8bench"):
        values |= CRASH | {"reason": "SIGSEGV after 0.2 s"}
    elif spot in {("hakmem:layout=headered,prewarm=0", "ws8192", 1),
                  ("hakmem:layout=headered,prewarm=0", "ws8192", 4)}:
        values |= CRASH | {"signal": 6, "reason": "SIGABRT after 0.1 s"}
    elif spot == ("mimalloc", "cfrac", 2):
        values |= {"status": "void", "reason": "malloc belongs to libc.so.6, not to "
                                               "libmimalloc.so.2.0: the preload had no effect"}
    elif spot == ("hakmem:geometry=c8", "sh8bench", 3):
        values |= {"status": "failed", "exit_code": 4, "corruptions": 3,
                   "reason": "the allocator counted 3 corruptions"}
    elif spot == ("tbbmalloc", "cfrac", 5):
        values |= {"status": "timeout", "signal": 9, "ops": None, "elapsed_ns": None,
                   "exit_code": None, "reason": "killed after 60 s"}
    database.add_sample(cell, block, **values)
