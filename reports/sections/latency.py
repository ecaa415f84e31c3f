"""The section on latencies: curves of every workload, and the percentiles of malloc and free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reports.figures.charts import Chart, file_stem, publish, write_csv
from reports.figures.latency import NARROW, latency_figure
from reports.load.records import Results
from reports.statistics.estimates import Estimate
from reports.statistics.latency import SHOWN, Row, WorkloadLatency, curve_lines
from reports.statistics.units import ratio_text, time_text

TABLE_CSV = "latency.csv"
TABLE_OPERATIONS = ("malloc", "free")
SENTENCE_MAX = 6  # cases that the sentence names
CLOCK_STEP = "work.clock_step_ps"
CURVE_HEAD = ("operation", "allocator", "percentile", "ns")
TABLE_HEAD = ("workload", "allocator", "operation", "samples", "operations", "timed",
              "overhead_ns", *(f"{name}_ns" for name, _ in SHOWN), "max_ns",
              "p99.9_to_best_peer", "low", "high")


@dataclass(frozen=True)
class Cell:
    """What an allocator's operation shows: percentiles and the largest, as text."""

    times: tuple[str, ...]
    ratio: Estimate | None
    best: bool  # of the peers


@dataclass(frozen=True)
class Line:
    row: Row
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class View:
    latency: WorkloadLatency
    chart: Chart
    lines: tuple[Line, ...]


def latency_view(found: tuple[WorkloadLatency, ...], results: Results,
                 folder: Path) -> dict[str, object]:
    """Variables of latency.html.j2; curves and table are also left in `folder`."""
    if found:
        write_csv(folder / TABLE_CSV, TABLE_HEAD, table_rows(found))
    return {"latency": tuple(_view(latency, folder) for latency in found),
            "latency_sentence": sentence(found), "latency_csv": TABLE_CSV,
            "clock_step_ns": clock_step_ns(results) if found else 0,
            "latency_operations": TABLE_OPERATIONS,
            "latency_untrusted": any(not ratio.trusted for latency in found for row in latency.rows
                                     for ratio in row.ratios.values())}


def sentence(found: tuple[WorkloadLatency, ...]) -> str:
    """Where the release default's p99.9 is worse than the best peer's, plainly."""
    ratios = [(latency.workload, operation, latency.default.ratios[operation])
              for latency in found if latency.default
              for operation in TABLE_OPERATIONS if operation in latency.default.ratios]
    if not ratios:
        return ""
    if not all(ratio.trusted for _, _, ratio in ratios):
        values = [ratio_text(value) for value in sorted(ratio.value for _, _, ratio in ratios)]
        return (f"hakmem’s p99.9 is {values[0]} to {values[-1]} × that of the best peer, from too "
                "few blocks for 95\u00a0% intervals.")
    worse = [f"{operation} on {workload} ({ratio_text(ratio.value)} ×)"
             for workload, operation, ratio in ratios if ratio.low > 1]
    head = (f"hakmem’s p99.9 is clearly longer than the best peer’s in {len(worse)} of "
            f"{len(ratios)} cases")
    if not worse:
        return f"{head}."
    return f"{head}: {', '.join(worse[:SENTENCE_MAX])}" \
        f"{' and others' if len(worse) > SENTENCE_MAX else ''}."


def clock_step_ns(results: Results) -> float:
    """The coarsest step of the clock that timed, 0 when it is not known."""
    return max((values[CLOCK_STEP] for values in results.tables.kpi.values()
                if CLOCK_STEP in values), default=0) / 1e3


def table_rows(found: Iterable[WorkloadLatency]) -> Iterator[list[object]]:
    for latency in found:
        for row in latency.rows:
            for operation, histogram in row.histograms.items():
                ratio = row.ratios.get(operation)
                yield [latency.workload, row.allocator, operation, histogram.samples,
                       histogram.count, histogram.timed, f"{histogram.overhead_ns:.1f}",
                       *(_number(histogram.at(share)) for _, share in SHOWN),
                       _number(histogram.max_ns),
                       *((f"{end:.4f}" for end in (ratio.value, ratio.low, ratio.high))
                         if ratio else ("", "", ""))]


def curve_rows(latency: WorkloadLatency) -> Iterator[tuple[object, ...]]:
    for operation, label, percentile, value in curve_lines(latency):
        yield operation, label, f"{percentile:.5f}", _number(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _view(latency: WorkloadLatency, folder: Path) -> View:
    chart = publish(
        folder, file_stem("latency", latency.workload),
        f"Latency percentiles on {latency.workload}",
        f"{_about(latency)} The table in this section has the numbers.",
        latency_figure(latency),
        {operation: latency_figure(latency, (operation,), NARROW)
         for operation in latency.operations},
        (CURVE_HEAD, curve_rows(latency)))
    return View(latency, chart, tuple(
        Line(row, tuple(_cell(latency, row, operation) for operation in TABLE_OPERATIONS))
        for row in latency.rows))


def _about(latency: WorkloadLatency) -> str:
    """The p99.9 of every line, for who cannot see them."""
    parts = []
    for operation in latency.operations:
        values = [f"{row.label} {time_text(value)}" for row in latency.rows
                  if operation in row.histograms
                  and (value := row.histograms[operation].at(0.999)) is not None]
        parts.append(f"p99.9 of {operation}: {', '.join(values[:8])}.")
    return " ".join(parts)


def _cell(latency: WorkloadLatency, row: Row, operation: str) -> Cell:
    histogram = row.histograms.get(operation)
    if histogram is None:
        return Cell(("–",) * (len(SHOWN) + 1), None, False)
    times = [histogram.at(share) for _, share in SHOWN] + [histogram.max_ns]
    return Cell(tuple("–" if time is None else time_text(time) for time in times),
                row.ratios.get(operation), latency.best.get(operation) == row.label)
