"""What became of every sample: counts by outcome, incidents, the rates that remain possible.

A crashed, failed, timed-out, void or corrupt sample is an incident here and enters no estimate.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reports.load.names import Names
from reports.load.records import Cell, Results, Sample
from reports.statistics.estimates import rate_upper_bound
from reports.statistics.kinds import DEFAULT, OTHER, PEER, TOTAL, VARIANT, kind_of, place_of


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


def find_ledger(results: Results, names: Names) -> tuple[LedgerLine, ...]:
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
    counts = counts_of(cells)
    ended = [sample for cell in cells for sample in cell.samples
             if sample.usable or (sample.corrupt and sample.status in ("ok", "failed"))]
    return LedgerLine(
        label, kind, counts, rate_upper_bound(counts.judged),
        operations=sum(sample.ops or 0 for sample in ended),
        audited=sum(sample.ops or 0 for sample in ended if printed(sample).get("audit") is True))


def find_incidents(results: Results, names: Names) -> tuple[Incident, ...]:
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


def counts_of(cells: Iterable[Cell]) -> Counts:
    cells = list(cells)
    samples = [sample for cell in cells for sample in cell.samples]
    by_status = {status: sum(1 for sample in samples if _outcome(sample) == status)
                 for status in ("ok", "crash", "timeout", "failed", "corrupt", "void")}
    return Counts(planned=sum(cell.planned for cell in cells), done=len(samples), **by_status)


def _outcome(sample: Sample) -> str:
    """Corruption outweighs ok and failed, but a crash stays a crash."""
    return "corrupt" if sample.corrupt and sample.status in ("ok", "failed") else sample.status


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def trouble_text(cell: Cell) -> str | None:
    counts = counts_of([cell])
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


def printed(sample: Sample) -> dict[str, Any]:
    """The line that a workload printed; empty for programs that print something else."""
    try:
        found = json.loads(sample.output or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
