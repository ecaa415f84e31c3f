"""Reduces the samples of a session to what the report states; knows nothing of pages or plots.

A crashed, failed, timed-out, void or corrupt sample never enters an estimate: it is an incident of
the ledger. Rates compare by throughput; what reports no operations (exec) by runs per second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import geometric_mean

from reports.load.names import Names
from reports.load.records import Cell, Results, Sample
from reports.statistics.estimates import Estimate, median_estimate, ratio_estimate, relative_spread
from reports.statistics.kinds import DEFAULT, PEER, told_as
from reports.statistics.ledger import Counts, Incident, LedgerLine, counts_of, find_incidents, \
    find_ledger, printed, trouble_text


@dataclass(frozen=True)
class Row:
    """An allocator on one workload; estimates are None where no usable sample told them."""

    allocator: str
    label: str
    kind: str
    missing: str | None  # why, and what to do now
    counts: Counts
    trouble: str | None  # "2 of 10 crashed (SIGSEGV)"
    speed: Estimate | None
    phase_faults: Estimate | None
    start_faults: Estimate | None
    after_faults: Estimate | None
    total_faults: Estimate | None  # of the whole process
    peak_rss: Estimate | None
    end_rss: Estimate | None
    spread: float | None
    ratio: Estimate | None  # to the best peer (or side B); None for that itself
    raw_speeds: tuple[float, ...]
    some_layers: bool = False  # has some layers but not all: measured for the effects


@dataclass(frozen=True)
class Workload:
    """Rows stand fastest first, those without a number last."""

    name: str
    about: str
    command: str
    threads: int | None
    counts_ops: bool  # else speed is runs per second of the whole process
    paired: bool  # of two sides: `default` is A, `best_peer` is B
    rows: tuple[Row, ...]
    best_peer: Row | None
    default: Row | None


@dataclass(frozen=True)
class Summary:
    results: Results
    names: Names
    workloads: tuple[Workload, ...]
    ledger: tuple[LedgerLine, ...]
    incidents: tuple[Incident, ...]
    counts: Counts
    blocks: int

    @property
    def paired(self) -> bool:
        return any(workload.paired for workload in self.workloads)


def summarise(results: Results, names: Names) -> Summary:
    order = list(dict.fromkeys(cell.workload for cell in results.cells))
    workloads = tuple(_workload(results, names, name) for name in order)
    samples = results.samples
    return Summary(
        results=results, names=names, workloads=workloads,
        ledger=find_ledger(results, names),
        incidents=find_incidents(results, names),
        counts=counts_of(results.all_cells),
        blocks=len({sample.block for sample in samples}))


def _workload(results: Results, names: Names, name: str) -> Workload:
    cells = [cell for cell in results.cells if cell.workload == name]
    usable = [sample for cell in cells for sample in cell.samples if sample.usable]
    counts_ops = not usable or any(sample.ops_per_s for sample in usable)
    speeds = {cell.id: _speeds(cell, counts_ops) for cell in cells}
    rivals = [cell for cell in cells if speeds[cell.id] and told_as(cell, names)[1] == PEER]
    best = max(rivals, key=lambda cell: _median(_flat(speeds[cell.id])), default=None)
    reference = _by_block(speeds[best.id]) if best else {}
    rows = {cell.id: _row(cell, names, speeds[cell.id], {} if cell is best else reference)
            for cell in cells}
    first = cells[0]
    return Workload(
        name=name, about=names.about.get(name, ""),
        command=" ".join((first.program.rsplit("/", 1)[-1], *first.arguments)),
        threads=_threads(usable), counts_ops=counts_ops,
        paired=any(cell.side for cell in cells),
        rows=tuple(sorted(rows.values(), key=lambda row: (
            row.speed is None, -row.speed.value if row.speed else 0, row.label))),
        best_peer=rows[best.id] if best else None,
        default=next((row for row in rows.values() if row.kind == DEFAULT), None))


def _median(values: Iterable[float]) -> float:
    estimate = median_estimate(list(values))
    return estimate.value if estimate else 0.0


def _speeds(cell: Cell, counts_ops: bool) -> dict[int, list[float]]:
    """By block, in which a comparison of two has several samples of each."""
    speeds: dict[int, list[float]] = {}
    for sample in cell.samples:
        speed = sample.ops_per_s if counts_ops else 1e9 / max(sample.wall_ns, 1)
        if sample.usable and speed:
            speeds.setdefault(sample.block, []).append(speed)
    return speeds


def _flat(speeds: dict[int, list[float]]) -> list[float]:
    return [speed for block in speeds.values() for speed in block]


def _by_block(speeds: dict[int, list[float]]) -> dict[int, float]:
    return {block: geometric_mean(found) for block, found in speeds.items()}


def _row(cell: Cell, names: Names, speeds: dict[int, list[float]],
         reference: dict[int, float]) -> Row:
    def estimate(value: Callable[[Sample], int | None]) -> Estimate | None:
        values = [value(sample) for sample in cell.samples if sample.usable]
        return median_estimate([number for number in values if number is not None])

    raw = tuple(_flat(speeds))
    label, kind = told_as(cell, names)
    return Row(
        allocator=cell.allocator, label=label, kind=kind, missing=_missing(cell, names),
        counts=counts_of([cell]), trouble=trouble_text(cell), speed=median_estimate(raw),
        phase_faults=estimate(lambda sample: sample.minflt_phase),
        start_faults=estimate(lambda sample: sample.minflt_start),
        after_faults=estimate(lambda sample: sample.minflt_after),
        total_faults=estimate(lambda sample: sample.minflt_total),
        peak_rss=estimate(lambda sample: sample.peak_rss),
        end_rss=estimate(lambda sample: sample.rss_end),
        spread=relative_spread(raw) if len(raw) >= 3 else None,
        ratio=ratio_estimate(_by_block(speeds), reference), raw_speeds=raw,
        some_layers=names.has_some_parts(cell.allocator))


def _missing(cell: Cell, names: Names) -> str | None:
    if cell.state != "missing":
        return None
    hint = names.install_hint(cell.allocator)
    reason = cell.reason or "not installed"
    return f"{reason}: {hint}" if hint and hint.split()[-1] not in reason else reason


def _threads(samples: list[Sample]) -> int | None:
    """As the workload printed it; None when samples disagree or print none."""
    seen = {printed(sample).get("threads") for sample in samples}
    threads = seen.pop() if len(seen) == 1 else None
    return threads if isinstance(threads, int) else None
