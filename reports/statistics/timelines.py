"""Memory and soft page faults over time: one typical run of every allocator on a workload.

Typical is the usable sample of the latency pass whose process took the median time, so that a line
is a run that happened and not a mixture. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.load.names import Names
from reports.load.records import Cell, Results, Sample
from reports.load.tables import Moment
from reports.statistics.kinds import DEFAULT, PEER, told_as

POINTS_MAX = 150  # of a line; of each stretch of a longer run the moment of most memory is kept


@dataclass(frozen=True)
class Timeline:
    label: str
    kind: str
    block: int
    moments: tuple[Moment, ...]

    @property
    def peak_rss(self) -> int:
        return max(moment.rss for moment in self.moments)

    @property
    def end(self) -> Moment:
        return self.moments[-1]


@dataclass(frozen=True)
class WorkloadTimelines:
    workload: str
    lines: tuple[Timeline, ...]


def find_timelines(results: Results, names: Names) -> tuple[WorkloadTimelines, ...]:
    found: dict[str, list[Timeline]] = {}
    for cell in results.all_cells:
        sample = _typical(results, cell)
        if sample:
            found.setdefault(cell.workload, []).append(Timeline(
                *told_as(cell, names), sample.block, thinned(results.tables.timeline[sample.id])))
    return tuple(WorkloadTimelines(workload, _shown(lines)) for workload, lines in found.items())


def _typical(results: Results, cell: Cell) -> Sample | None:
    samples = [sample for sample in cell.samples
               if sample.usable and sample.id in results.tables.timeline]
    samples.sort(key=lambda sample: sample.wall_ns)
    return samples[len(samples) // 2] if samples else None


def _shown(lines: list[Timeline]) -> tuple[Timeline, ...]:
    chosen = tuple(line for line in lines if line.kind in (DEFAULT, PEER))
    return chosen or tuple(lines)


def thinned(moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
    """At most POINTS_MAX of them, first, last and the peak among them."""
    if len(moments) <= POINTS_MAX:
        return moments
    inner, stretches = moments[1:-1], POINTS_MAX - 2
    ends = [len(inner) * number // stretches for number in range(stretches + 1)]
    kept = [max(inner[first:last], key=lambda moment: moment.rss)
            for first, last in zip(ends, ends[1:], strict=False)]
    return (moments[0], *kept, moments[-1])
