"""A session as plain typed data: what every statistic starts from.

Units are those of runner/store/schema.sql: nanoseconds, bytes, UTC ISO-8601 text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reports.load.tables import Tables


@dataclass(frozen=True)
class Session:
    id: int
    kind: str
    mode: str | None
    started_utc: str
    ended_utc: str | None
    seed: int
    command: str
    commit_id: str | None
    dirty: int | None

    @property
    def task(self) -> str:
        """The sub-command that made it: run, compare, peers, curves, exec, ..."""
        return self.kind if self.kind == "run" or not self.mode else self.mode

    @property
    def task_and_mode(self) -> str:
        return f"run, {self.mode}" if self.kind == "run" and self.mode else self.task


@dataclass(frozen=True)
class Sample:
    """One fresh process. Only a usable sample may become a number on a plot or in a median."""

    id: int
    cell_id: int
    block: int
    position: int
    status: str
    reason: str | None
    exit_code: int | None
    signal: int | None
    ops: int | None
    elapsed_ns: int | None
    wall_ns: int
    user_ns: int
    system_ns: int
    minflt_start: int | None
    minflt_phase: int | None
    minflt_total: int
    peak_rss: int
    rss_end: int | None
    corruptions: int | None
    audit_errors: int | None
    variant: str | None
    output: str | None

    @property
    def corrupt(self) -> bool:
        return bool(self.corruptions) or bool(self.audit_errors)

    @property
    def usable(self) -> bool:
        return self.status == "ok" and not self.corrupt

    @property
    def minflt_after(self) -> int | None:
        """Soft faults after the measured phase: freeing, checks, the end of the process."""
        if self.minflt_start is None or self.minflt_phase is None:
            return None
        return max(0, self.minflt_total - self.minflt_start - self.minflt_phase)

    @property
    def ops_per_s(self) -> float | None:
        if not self.ops or not self.elapsed_ns:
            return None
        return self.ops * 1e9 / self.elapsed_ns


@dataclass(frozen=True)
class Cell:
    """An allocator on a workload row, with its samples in the order they were taken."""

    id: int
    allocator: str
    workload: str
    side: str
    measures: str  # 'throughput' or 'latency': the pass
    program: str
    arguments: tuple[str, ...]
    state: str
    reason: str | None
    planned: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Misuse:
    """One case of misuse under one allocator. held: 1 when it is as predicted, 0 when not."""

    allocator: str
    case_id: str
    case_group: int
    title: str
    verdict: str
    layer: str | None
    tag: str | None
    signal: int | None
    predicted_verdict: str | None
    predicted_layer: str | None
    predicted_tag: str | None
    held: int | None
    reason: str | None


@dataclass(frozen=True)
class Results:
    """One session: cells and misuse stand in the order in which the runner made them.

    `cells` are those of the throughput pass, the only ones that ops/s may be told of; a cell of
    the latency pass is the same allocator on the same workload, and its crashes count as well.
    """

    database: Path
    version: int  # of the schema
    session: Session
    facts: dict[str, str]
    cells: tuple[Cell, ...]
    latency_cells: tuple[Cell, ...]
    tables: Tables
    misuse: tuple[Misuse, ...] = ()

    @property
    def all_cells(self) -> tuple[Cell, ...]:
        return self.cells + self.latency_cells

    @property
    def samples(self) -> list[Sample]:
        """Of the throughput pass."""
        return [sample for cell in self.cells for sample in cell.samples]
