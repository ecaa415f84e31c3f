"""Whole programs that are not ours, as hyperfine timed them under every allocator.

Allocators ran in rounds of random order, a few runs each, so ratios are paired by round like those
of workloads by block; a program whose runs do not divide into its rounds has no ratio. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from reports.load.names import Names
from reports.load.records import Results
from reports.load.tables import Program
from reports.statistics.estimates import Estimate, median_estimate, ratio_estimate
from reports.statistics.kinds import DEFAULT, PEER, kind_of


@dataclass(frozen=True)
class Row:
    """time is in ns; ratio is the best peer's time over this one's: > 1 is faster."""

    allocator: str
    label: str
    kind: str
    program: Program
    time: Estimate | None
    ratio: Estimate | None
    best: bool


@dataclass(frozen=True)
class ProgramRows:
    """Fastest first, those without a time last."""

    name: str
    command: str
    rows: tuple[Row, ...]

    @property
    def default(self) -> Row | None:
        return next((row for row in self.rows if row.kind == DEFAULT), None)


def find_programs(results: Results, names: Names) -> tuple[ProgramRows, ...]:
    groups: dict[str, list[Program]] = {}
    for program in results.tables.programs:
        groups.setdefault(program.name, []).append(program)
    return tuple(_rows(name, programs, names) for name, programs in groups.items())


def _rows(name: str, programs: list[Program], names: Names) -> ProgramRows:
    peers = [program for program in programs
             if kind_of(program.allocator, names) == PEER and program.median_ns]
    best = min(peers, key=lambda program: program.median_ns or math.inf, default=None)
    reference = by_round(best) if best else {}
    rows = [Row(program.allocator, names.label(program.allocator),
                kind_of(program.allocator, names), program, _time(program),
                ratio_estimate(reference, by_round(program)) if program is not best else None,
                program is best) for program in programs]
    rows.sort(key=lambda row: row.time.value if row.time else math.inf)
    return ProgramRows(name, programs[0].command, tuple(rows))


def _time(program: Program) -> Estimate | None:
    """Over rounds: runs of one round follow each other, so they are not each other's witness."""
    rounds = by_round(program)
    if rounds:
        return median_estimate(list(rounds.values()))
    if program.median_ns is None or program.min_ns is None or program.max_ns is None:
        return None
    return Estimate(program.median_ns, program.min_ns, program.max_ns, 0.0, program.runs)


def by_round(program: Program) -> dict[int, float]:
    """The median of each round's runs."""
    times = program.times_ns
    if not program.rounds or not times or len(times) % program.rounds or min(times) <= 0:
        return {}
    size = len(times) // program.rounds
    return {number: median(times[number * size:][:size]) for number in range(program.rounds)}
