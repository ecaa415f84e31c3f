"""hakmem beside its peers: what a session of `hakbench peers` says, row by row.

A ratio is the peer's time per operation over hakmem's, so that above 1 hakmem is faster. Within a
block every allocator ran twice, there and back; a block counts for a pair when all four samples
are usable, by the means of ln t. Pure: knows neither files nor how anything is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from reports.load.records import Cell, Results
from reports.statistics.estimates import Estimate, ratio_estimate, shift_estimate

SAMPLES_PER_BLOCK = 2  # there and back
# What hakmem aims at: the lower limit against every peer, by workload where it is another one, and
# the geometric mean of the rows against the best peer of each.
LOWER_LIMIT, LOWER_LIMITS = 1.00, {"cfrac": 0.99}
MEAN_RATIO = 1.05


@dataclass(frozen=True)
class Comparison:
    peer: str
    ratio: Estimate | None
    missing: str | None  # why there is no ratio

    def reaches(self, limit: float) -> bool:
        return self.ratio is not None and self.ratio.trusted and self.ratio.low >= limit


@dataclass(frozen=True)
class Row:
    """Comparisons stand in the order of the session; peak RSS in bytes, medians of samples."""

    workload: str
    comparisons: tuple[Comparison, ...]
    best: Comparison | None  # the fastest peer
    peak_rss: float | None
    peers_rss: float | None  # the median of the peers' medians
    trouble: int  # samples of whatever allocator that crashed, failed or found corruption

    @property
    def limit(self) -> float:
        return LOWER_LIMITS.get(self.workload, LOWER_LIMIT)

    @property
    def misses(self) -> tuple[Comparison, ...]:
        """Measured comparisons that do not show what is aimed at."""
        return tuple(comparison for comparison in self.comparisons
                     if comparison.ratio and not comparison.reaches(self.limit))

    @property
    def misses_rss(self) -> bool:
        return None not in (self.peak_rss, self.peers_rss) and self.peak_rss > self.peers_rss


@dataclass(frozen=True)
class Beside:
    results: Results
    candidate: str
    peers: tuple[str, ...]
    rows: tuple[Row, ...]
    mean: Estimate | None  # geometric, over the rows that have a best peer
    blocks: int


def compare(results: Results) -> Beside:
    """The first allocator of the session beside all others."""
    names = list(dict.fromkeys(cell.allocator for cell in results.cells))
    workloads = list(dict.fromkeys(cell.workload for cell in results.cells))
    cells = {(cell.workload, cell.allocator): cell for cell in results.cells}
    candidate, *peers = names
    rows = tuple(_row(cells, workload, candidate, peers) for workload in workloads)
    speeds = [(_speeds(cells[row.workload, candidate]), _speeds(cells[row.workload, row.best.peer]))
              for row in rows if row.best]
    return Beside(results, candidate, tuple(peers), rows, _mean(speeds),
                  len({sample.block for sample in results.samples}))


def _row(cells: dict[tuple[str, str], Cell], workload: str, candidate: str,
         peers: list[str]) -> Row:
    own = cells[workload, candidate]
    others = [cells[workload, peer] for peer in peers]
    comparisons = tuple(_comparison(own, cell) for cell in others)
    measured = [comparison for comparison in comparisons if comparison.ratio]
    memory = [rss for cell in others if (rss := _peak_rss(cell)) is not None]
    return Row(
        workload=workload, comparisons=comparisons,
        best=min(measured, key=lambda c: c.ratio.value if c.ratio else math.inf, default=None),
        peak_rss=_peak_rss(own), peers_rss=median(memory) if memory else None,
        trouble=sum(1 for cell in (own, *others) for sample in cell.samples if not sample.usable))


def _comparison(own: Cell, other: Cell) -> Comparison:
    ratio = ratio_estimate(_speeds(own), _speeds(other))
    if ratio:
        return Comparison(other.allocator, ratio, None)
    for cell in (other, own):
        if cell.state == "missing":
            return Comparison(other.allocator, None, cell.reason or "not installed")
    return Comparison(other.allocator, None, "no block without trouble")


def _speeds(cell: Cell) -> dict[int, float]:
    """Operations per nanosecond by block, the geometric mean of its samples."""
    logs: dict[int, list[float]] = {}
    for sample in cell.samples:
        if sample.usable and sample.ops and sample.elapsed_ns:
            logs.setdefault(sample.block, []).append(math.log(sample.ops / sample.elapsed_ns))
    return {block: math.exp(sum(values) / len(values)) for block, values in logs.items()
            if len(values) == SAMPLES_PER_BLOCK}


def _peak_rss(cell: Cell) -> float | None:
    values = [sample.peak_rss for sample in cell.samples if sample.usable]
    return float(median(values)) if values else None


def _mean(rows: Iterable[tuple[dict[int, float], dict[int, float]]]) -> Estimate | None:
    """Paired by block as well: a block's value is its mean over the rows, so drift cancels."""
    rows = list(rows)
    if not rows:
        return None
    blocks = set.intersection(*(own.keys() & best.keys() for own, best in rows))
    means = [sum(math.log(own[block] / best[block]) for own, best in rows) / len(rows)
             for block in sorted(blocks)]
    shift = shift_estimate(means)
    if shift is None:
        return None
    return Estimate(math.exp(shift.value), math.exp(shift.low), math.exp(shift.high),
                    shift.confidence, shift.n)
