"""Latencies of single operations: the histograms of a session's latency pass, reduced.

The histograms of all usable samples of a cell are added up, and percentiles are read from the sum:
the least bucket end below or at which that share of the timed operations lies. How sure a ratio of
p99.9 is comes from the samples' own p99.9, paired by block. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from reports.load.names import Names
from reports.load.records import Cell, Results
from reports.load.tables import Latency
from reports.statistics.estimates import Estimate, ratio_estimate
from reports.statistics.kinds import DEFAULT, PEER, told_as

OPERATIONS = ("malloc", "free", "calloc", "realloc")
SHOWN = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
# A curve's points, by the share of slower operations: from the median to one in 10^5.
CURVE_SHARES = tuple(10 ** -(step / 20) for step in range(6, 101))
LEAST_BEYOND = 5  # a curve ends where fewer timed operations are slower


@dataclass(frozen=True)
class Histogram:
    """One kind of operation in all samples of a cell; ends rise, below counts up to each."""

    operation: str
    samples: int
    count: int
    timed: int
    overhead_ns: float  # the median of the samples'
    max_ns: float
    ends: tuple[float, ...]
    below: tuple[int, ...]
    p999_by_block: dict[int, float]

    def at(self, share: float) -> float | None:
        """The time that this share of the operations took at most; None of an empty one."""
        needed = max(1, math.ceil(share * self.timed - 1e-6))
        return next((end for end, below in zip(self.ends, self.below, strict=True)
                     if below >= needed), None)

    def curve(self) -> list[tuple[float, float]]:
        """(share of slower operations, ns), towards the rare."""
        points = []
        for slower in CURVE_SHARES:
            value = self.at(1 - slower)
            if slower * self.timed >= LEAST_BEYOND and value is not None:
                points.append((slower, value))
        return points


@dataclass(frozen=True)
class Row:
    allocator: str
    label: str
    kind: str
    histograms: dict[str, Histogram]
    ratios: dict[str, Estimate]  # of p99.9 to the best peer's, by operation; > 1 is slower


@dataclass(frozen=True)
class WorkloadLatency:
    """Rows stand as in the plan: the release default, variants, peers."""

    workload: str
    operations: tuple[str, ...]
    rows: tuple[Row, ...]
    best: dict[str, str]  # operation -> label of the peer with the least p99.9

    @property
    def default(self) -> Row | None:
        return next((row for row in self.rows if row.kind == DEFAULT), None)


def find_latency(results: Results, names: Names) -> tuple[WorkloadLatency, ...]:
    """Workloads that the session has latencies of."""
    groups: dict[str, list[Cell]] = {}
    for cell in results.all_cells:
        if any(sample.id in results.tables.latency for sample in cell.samples):
            groups.setdefault(cell.workload, []).append(cell)
    found = (_workload(results, names, workload, cells) for workload, cells in groups.items())
    return tuple(workload for workload in found if workload.rows)


def _workload(results: Results, names: Names, workload: str,
              cells: list[Cell]) -> WorkloadLatency:
    found = {cell.id: _histograms(results, cell) for cell in cells}
    cells = [cell for cell in cells if found[cell.id]]
    operations = tuple(operation for operation in OPERATIONS
                       if any(operation in found[cell.id] for cell in cells))
    best: dict[str, Cell] = {}
    for operation in operations:
        peers = [cell for cell in cells if told_as(cell, names)[1] == PEER
                 and operation in found[cell.id]]
        if peers:
            best[operation] = min(
                peers, key=lambda cell: found[cell.id][operation].at(0.999) or math.inf)
    rows = []
    for cell in cells:
        ratios = {}
        for operation, peer in best.items():
            own = found[cell.id].get(operation)
            if own and peer.id != cell.id:
                ratio = ratio_estimate(own.p999_by_block,
                                       found[peer.id][operation].p999_by_block)
                if ratio:
                    ratios[operation] = ratio
        rows.append(Row(cell.allocator, *told_as(cell, names), found[cell.id], ratios))
    return WorkloadLatency(workload, operations, tuple(rows), {
        operation: told_as(cell, names)[0] for operation, cell in best.items()})


def _histograms(results: Results, cell: Cell) -> dict[str, Histogram]:
    parts: dict[str, list[tuple[int, Latency]]] = {}
    for sample in cell.samples:
        if sample.usable:
            for latency in results.tables.latency.get(sample.id, ()):
                if latency.timed:
                    parts.setdefault(latency.operation, []).append((sample.block, latency))
    return {operation: _added(operation, found) for operation, found in parts.items()}


def _added(operation: str, parts: list[tuple[int, Latency]]) -> Histogram:
    counts: dict[float, int] = {}
    for _, latency in parts:
        for end, count in latency.buckets:
            counts[end] = counts.get(end, 0) + count
    ends = tuple(sorted(counts))
    return Histogram(
        operation, len(parts), sum(latency.count for _, latency in parts),
        sum(counts.values()), median(latency.overhead_ns for _, latency in parts),
        max(latency.max_ns for _, latency in parts), ends,
        tuple(accumulate(counts[end] for end in ends)),
        {block: latency.p999_ns for block, latency in parts if latency.p999_ns > 0})


def shown_rows(workload: WorkloadLatency) -> list[Row]:
    """Those of the figures: the release default and the peers, or all where there is neither."""
    chosen = [row for row in workload.rows if row.kind in (DEFAULT, PEER)]
    return chosen or list(workload.rows)


def curve_lines(workload: WorkloadLatency) -> Iterable[tuple[str, str, float, float]]:
    """(operation, label, percentile, ns) of every point of the figure."""
    for operation in workload.operations:
        for row in shown_rows(workload):
            if operation in row.histograms:
                for slower, value in row.histograms[operation].curve():
                    yield operation, row.label, 100 * (1 - slower), value
