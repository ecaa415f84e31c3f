"""Cost curves: what a session of `hakbench curves` says of time against load.

A row of workloads/curves.txt is named PROGRAM-OPTION-VALUE and gives --OPTION the number that
stands on the x axis. A point is the median of its usable samples. Pure.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from statistics import median

from reports.load.records import Cell, Results

KNEE = 0.05  # slower than the best peer by more than this share


@dataclass(frozen=True)
class Point:
    x: int
    ns: float  # per operation, all threads together
    low: float  # the range of the samples
    high: float
    samples: int


@dataclass(frozen=True)
class Line:
    """An allocator along a curve; points that it has no usable sample of are not there."""

    allocator: str
    points: tuple[Point, ...]

    def at(self, x: int) -> Point | None:
        return next((point for point in self.points if point.x == x), None)


@dataclass(frozen=True)
class Curve:
    program: str
    option: str  # what grows: slots or threads
    candidate: Line
    peers: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return (self.candidate, *self.peers)

    @property
    def xs(self) -> list[int]:
        return sorted({point.x for line in self.lines for point in line.points})


@dataclass(frozen=True)
class Knee:
    curve: Curve
    point: Point
    best: Point
    peer: str

    @property
    def share(self) -> float:
        return self.point.ns / self.best.ns - 1


def read_curves(results: Results) -> list[Curve]:
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in results.cells:
        parts = cell.workload.rsplit("-", 2)
        if len(parts) == 3 and _value(cell, parts[1]) is not None:
            groups.setdefault((parts[0], parts[1]), []).append(cell)
    curves = []
    for (program, option), cells in groups.items():
        names = list(dict.fromkeys(cell.allocator for cell in cells))
        lines = [_line(name, option, [cell for cell in cells if cell.allocator == name])
                 for name in names]
        curves.append(Curve(program, option, lines[0], tuple(lines[1:])))
    return [curve for curve in curves if curve.xs]


def find_knees(curves: list[Curve]) -> list[Knee]:
    knees = []
    for curve in curves:
        for point in curve.candidate.points:
            rivals = [(rival.ns, line.allocator, rival) for line in curve.peers
                      if (rival := line.at(point.x))]
            if rivals:
                _, peer, best = min(rivals, key=lambda rival: rival[:2])
                knee = Knee(curve, point, best, peer)
                if knee.share > KNEE:
                    knees.append(knee)
    return knees


def csv_text(curves: list[Curve]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["program", "option", "value", "allocator", "ns_per_op", "low", "high",
                     "samples"])
    for curve in curves:
        for line in curve.lines:
            for point in line.points:
                writer.writerow([curve.program, curve.option, point.x, line.allocator,
                                 f"{point.ns:.3f}", f"{point.low:.3f}", f"{point.high:.3f}",
                                 point.samples])
    return stream.getvalue()


def _value(cell: Cell, option: str) -> int | None:
    for word, value in zip(cell.arguments, cell.arguments[1:], strict=False):
        if word == f"--{option}" and value.isdecimal():
            return int(value)
    return None


def _line(allocator: str, option: str, cells: list[Cell]) -> Line:
    points = []
    for cell in cells:
        times = [sample.elapsed_ns / sample.ops for sample in cell.samples
                 if sample.usable and sample.ops and sample.elapsed_ns]
        x = _value(cell, option)
        if times and x is not None:
            points.append(Point(x, median(times), min(times), max(times), len(times)))
    return Line(allocator, tuple(sorted(points, key=lambda point: point.x)))
