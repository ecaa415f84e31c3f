"""Reduces the samples of a session to what the report states; knows nothing of pages or plots.

A crashed, failed, timed-out, void or corrupt sample never enters an estimate: it is an incident of
the ledger. Rates compare by throughput; what reports no operations (exec) by runs per second.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import geometric_mean
from typing import Any

from reports.load import Cell, Results, Sample
from reports.names import DEFAULT_ALLOCATOR, Names
from reports.stats import Estimate, median_estimate, rate_upper_bound, ratio_estimate, \
    relative_spread

DEFAULT, VARIANT, PEER, OTHER, TOTAL = "default", "variant", "peer", "other", "total"
SIDES = {"A": DEFAULT, "B": PEER}  # of a comparison of two: A is told beside B


@dataclass(frozen=True)
class Counts:
    """planned = done + still to do; done = ok + crash + timeout + failed + corrupt + void."""

    planned: int
    done: int
    ok: int
    crash: int
    timeout: int
    failed: int
    corrupt: int
    void: int

    @property
    def bad(self) -> int:
        return self.crash + self.timeout + self.failed + self.corrupt

    @property
    def judged(self) -> int:
        return self.done - self.void

    @property
    def bad_words(self) -> str:
        """What went wrong, by kind: "2 crashed, 1 corrupt"."""
        parts = ((self.crash, "crashed"), (self.corrupt, "corrupt"), (self.failed, "failed"),
                 (self.timeout, "timed out"))
        return ", ".join(f"{number} {word}" for number, word in parts if number)


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
class Incident:
    """Samples of a workload that went wrong in the same way, in the same blocks."""

    workload: str
    labels: tuple[str, ...]
    what: str
    reason: str
    blocks: str  # "0–4, 7"
    grave: bool  # not merely void


@dataclass(frozen=True)
class LedgerLine:
    label: str
    kind: str
    counts: Counts
    bound: float  # upper limit of the rate when nothing was seen
    operations: int
    audited: int  # of them, those whose blocks the workload verified


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
        ledger=_ledger(results, names),
        incidents=_incidents(results, names),
        counts=_counts(results.all_cells),
        blocks=len({sample.block for sample in samples}))


def kind_of(allocator: str, names: Names) -> str:
    if allocator == DEFAULT_ALLOCATOR:
        return DEFAULT
    if names.is_hakmem(allocator):
        return VARIANT
    return PEER if names.is_peer(allocator) else OTHER


def told_as(cell: Cell, names: Names) -> tuple[str, str]:
    """Label and kind; in a comparison of two what counts is the side."""
    label, kind = names.label(cell.allocator), kind_of(cell.allocator, names)
    return (f"{cell.side}: {label}", SIDES.get(cell.side, OTHER)) if cell.side else (label, kind)


def place_of(cell: Cell) -> str:
    """Workload and pass."""
    return cell.workload + (", latency pass" if cell.measures == "latency" else "")


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _counts(cells: Iterable[Cell]) -> Counts:
    cells = list(cells)
    samples = [sample for cell in cells for sample in cell.samples]
    by_status = {status: sum(1 for sample in samples if _outcome(sample) == status)
                 for status in ("ok", "crash", "timeout", "failed", "corrupt", "void")}
    return Counts(planned=sum(cell.planned for cell in cells), done=len(samples), **by_status)


def _outcome(sample: Sample) -> str:
    """Corruption outweighs ok and failed, but a crash stays a crash."""
    return "corrupt" if sample.corrupt and sample.status in ("ok", "failed") else sample.status


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
        counts=_counts([cell]), trouble=_trouble(cell), speed=median_estimate(raw),
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


def _trouble(cell: Cell) -> str | None:
    counts = _counts([cell])
    parts = []
    if counts.crash:
        names = sorted({signal_name(sample.signal) for sample in cell.samples
                        if sample.status == "crash" and sample.signal})
        parts.append(f"{counts.crash} of {counts.done} crashed"
                     + (f" ({', '.join(names)})" if names else ""))
    for number, word in ((counts.corrupt, "corrupt"), (counts.failed, "failed"),
                         (counts.timeout, "timed out"), (counts.void, "void")):
        if number:
            parts.append(f"{number} of {counts.done} {word}")
    return ", ".join(parts) or None


def _threads(samples: list[Sample]) -> int | None:
    """As the workload printed it; None when samples disagree or print none."""
    seen = {_output(sample).get("threads") for sample in samples}
    threads = seen.pop() if len(seen) == 1 else None
    return threads if isinstance(threads, int) else None


def _output(sample: Sample) -> dict[str, Any]:
    """The line that a workload printed; empty for programs that print something else."""
    try:
        found = json.loads(sample.output or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _ledger(results: Results, names: Names) -> tuple[LedgerLine, ...]:
    """A line per allocator, and above them hakmem's variants and the peers taken together; a crash
    in the latency pass is a crash as well."""
    kinds = {cell.allocator: kind_of(cell.allocator, names) for cell in results.all_cells}
    single = [_ledger_line(names.label(allocator), kind, [
        cell for cell in results.all_cells if cell.allocator == allocator])
        for allocator, kind in kinds.items()]
    totals = [
        _ledger_line("all of hakmem", TOTAL, [
            cell for cell in results.all_cells if kinds[cell.allocator] in (DEFAULT, VARIANT)]),
        _ledger_line("all peers", TOTAL, [
            cell for cell in results.all_cells if kinds[cell.allocator] == PEER])]
    rank = {TOTAL: 0, DEFAULT: 1, VARIANT: 2, PEER: 3, OTHER: 4}
    return tuple(line for line in sorted([*totals, *single],
                                         key=lambda line: (rank[line.kind], line.label))
                 if line.kind != TOTAL or line.counts.done)


def _ledger_line(label: str, kind: str, cells: list[Cell]) -> LedgerLine:
    counts = _counts(cells)
    ended = [sample for cell in cells for sample in cell.samples
             if sample.usable or (sample.corrupt and sample.status in ("ok", "failed"))]
    return LedgerLine(
        label, kind, counts, rate_upper_bound(counts.judged),
        operations=sum(sample.ops or 0 for sample in ended),
        audited=sum(sample.ops or 0 for sample in ended if _output(sample).get("audit") is True))


def _incidents(results: Results, names: Names) -> tuple[Incident, ...]:
    """One line for what befell many allocators alike."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for cell in results.all_cells:
        blocks: dict[tuple[str, str], list[int]] = {}
        for sample in cell.samples:
            if not sample.usable:
                key = (outcome_text(sample), sample.reason or "no reason recorded")
                blocks.setdefault(key, []).append(sample.block)
        for (what, reason), numbers in blocks.items():
            groups.setdefault((place_of(cell), what, reason, _ranges(numbers)), []).append(
                names.label(cell.allocator))
    return tuple(Incident(workload, tuple(labels), what, reason, ranges, what != "void")
                 for (workload, what, reason, ranges), labels in groups.items())


def _ranges(numbers: list[int]) -> str:
    """Ascending numbers, runs of them as "first–last"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}–{last}" if last > first else f"{first}" for first, last in runs)


def outcome_text(sample: Sample) -> str:
    outcome = _outcome(sample)
    if outcome == "crash":
        return f"crash, {signal_name(sample.signal)}" if sample.signal else "crash"
    if outcome == "corrupt":
        events = (sample.corruptions or 0) + (sample.audit_errors or 0)
        return f"corruption, {events} event{'s' if events != 1 else ''}"
    if outcome == "failed" and sample.exit_code is not None:
        return f"failed, exit code {sample.exit_code}"
    return {"timeout": "timed out"}.get(outcome, outcome)
