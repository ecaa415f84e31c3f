"""What processes counted in the page of memory that they share with the runner.

Of samples that went well a counter is told by its median; of one that did not it is what was left
behind, and so are its latencies: the page outlives the process. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.load.names import Names
from reports.load.records import Cell, Results, Sample
from reports.load.tables import Latency
from reports.statistics.estimates import Estimate, median_estimate
from reports.statistics.kinds import DEFAULT, VARIANT, kind_of, place_of, told_as
from reports.statistics.ledger import outcome_text

WORKLOAD_FAMILY = "work"


@dataclass(frozen=True)
class Counter:
    name: str
    values: dict[str, Estimate]  # by workload

    @property
    def family(self) -> str:
        return self.name.split(".")[0]


@dataclass(frozen=True)
class Counters:
    """Of one allocator, in the order in which it counts."""

    allocator: str
    label: str
    workloads: tuple[str, ...]
    counters: tuple[Counter, ...]


@dataclass(frozen=True)
class Left:
    """What a sample that went wrong left behind."""

    label: str
    workload: str
    block: int
    what: str
    latency: tuple[Latency, ...]
    kpi: dict[str, int]


def find_counters(results: Results, names: Names) -> tuple[Counters, ...]:
    """An entry for each allocator that counts anything; hakmem's release default stands first."""
    allocators: dict[str, list[Cell]] = {}
    for cell in results.all_cells:  # the throughput pass first, so that it is the one told
        if any(sample.id in results.tables.kpi for sample in cell.samples):
            allocators.setdefault(cell.allocator, []).append(cell)
    found = [_counters(results, names, allocator, cells)
             for allocator, cells in allocators.items()]
    rank = {DEFAULT: 0, VARIANT: 1}
    found.sort(key=lambda one: rank.get(kind_of(one.allocator, names), 2))
    return tuple(one for one in found if one.counters)


def _counters(results: Results, names: Names, allocator: str, cells: list[Cell]) -> Counters:
    values: dict[str, dict[str, Estimate]] = {}
    for cell in cells:
        raw: dict[str, list[float]] = {}
        for sample in cell.samples:
            if sample.usable:
                for name, value in results.tables.kpi.get(sample.id, {}).items():
                    raw.setdefault(name, []).append(value)
        for name, numbers in raw.items():
            estimate = median_estimate(numbers)
            if estimate:
                values.setdefault(name, {}).setdefault(cell.workload, estimate)
    workloads = dict.fromkeys(workload for found in values.values() for workload in found)
    return Counters(allocator, names.label(allocator), tuple(workloads),
                    tuple(Counter(name, found) for name, found in values.items()))


def find_left(results: Results, names: Names) -> tuple[Left, ...]:
    """In the order of the plan; void samples are told in the ledger."""
    left = [(sample.position, _left(results, names, cell, sample))
            for cell in results.all_cells for sample in cell.samples
            if not sample.usable and sample.status != "void"
            and (sample.id in results.tables.kpi or sample.id in results.tables.latency)]
    return tuple(one for _, one in sorted(left, key=lambda pair: pair[0]))


def _left(results: Results, names: Names, cell: Cell, sample: Sample) -> Left:
    return Left(told_as(cell, names)[0], place_of(cell), sample.block, outcome_text(sample),
                results.tables.latency.get(sample.id, ()), results.tables.kpi.get(sample.id, {}))
